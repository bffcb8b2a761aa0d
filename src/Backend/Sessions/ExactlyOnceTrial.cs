using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// Before the app's own middleware: a request that may have run on a node that died goes on only if its endpoint is
/// exactly-once, or its method is idempotent and its endpoint not one that never runs twice. Which endpoint that is the
/// framework's own routing says, on a trial whose result is forgotten.
/// </summary>
/// <remarks>
/// A trial, because otherwise the endpoint is known only after the app's middleware before <c>UseRouting()</c> has run,
/// and never where the app answers without an endpoint. Middleware that rewrites paths has not run yet: such a request
/// finds no endpoint here, and its client is told that it may have run. The request's own run checks again.
/// </remarks>
internal sealed class ExactlyOnceTrial : IStartupFilter
{
    /// <summary>Where <c>UseRouting()</c> leaves what it routes to.</summary>
    private const string RouteBuilder = "__EndpointRouteBuilder";

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        var trial = app.New();
        trial.UseRouting();
        if (trial.Properties[RouteBuilder] is IEndpointRouteBuilder routes)
        {
            routes.DataSources.Add(new WithoutCode(app.ApplicationServices.GetRequiredService<EndpointDataSource>()));
        }

        trial.Run(_ => Task.CompletedTask);
        var route = trial.Build();
        app.Use(async (context, goOn) =>
        {
            if (context.Features.Get<IPomegranateSessionFeature>() is not RequestSession { NeedsTrial: true } session
                || await MayRunAgainAsync(route, context, session))
            {
                await goOn(context);
            }
            else
            {
                session.IsTurnedAway = true;
            }
        });
        next(app);
    };

    private static async Task<bool> MayRunAgainAsync(RequestDelegate route, HttpContext context, RequestSession session)
    {
        session.IsOnTrial = true;
        await route(context);
        var mayRun = session.MayRunAgain(context.Request.Path);
        session.ForgetEndpoint();
        session.IsOnTrial = false;
        context.Request.RouteValues = [];
        return mayRun;
    }

    /// <summary>The app's endpoints, unable to run: routing itself runs those that are short-circuited.</summary>
    private sealed class WithoutCode(EndpointDataSource app) : EndpointDataSource
    {
        public override IReadOnlyList<Endpoint> Endpoints =>
        [
            .. app.Endpoints.OfType<RouteEndpoint>().Select(
                e => new RouteEndpoint(_ => Task.CompletedTask, e.RoutePattern, e.Order, e.Metadata, e.DisplayName)),
        ];

        public override IChangeToken GetChangeToken() => app.GetChangeToken();
    }
}
