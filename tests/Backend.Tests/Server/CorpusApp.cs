using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>The app of the differential test: everything an app can do to a request and a response that a server sees.</summary>
internal static class CorpusApp
{
    public static void Configure(WebApplicationBuilder builder)
        => builder.Services.AddControllers().AddApplicationPart(typeof(CorpusController).Assembly);

    public static void Map(WebApplication app)
    {
        app.UseRouting();
        app.MapControllers();
        app.MapFallback(EchoAsync);
        CorpusResponses.Map(app);
        CorpusBodies.Map(app);
        CorpusErrors.Map(app);
        CorpusStarts.Map(app);
    }

    /// <summary>What the app sees of the request.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        var request = context.Request;
        var body = await new StreamReader(request.Body).ReadToEndAsync();
        var headers = request.Headers
            .Where(h => h.Key is not ("Connection" or "Transfer-Encoding"))
            .OrderBy(h => h.Key, StringComparer.Ordinal)
            .Select(h => $"{h.Key}={string.Join('|', h.Value.ToArray())}");
        var feature = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        await context.Response.WriteAsync(
            $"{request.Method} path={request.Path.Value} base={request.PathBase} query={request.QueryString} raw={feature.RawTarget} "
            + $"{request.Protocol} {request.Scheme} host={request.Host} length={request.ContentLength} "
            + $"body={context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody}:{body} "
            + $"url={request.GetEncodedPathAndQuery()} trailers={context.Response.SupportsTrailers()} {string.Join(';', headers)}");
    }
}
