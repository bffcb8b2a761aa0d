using System.Net;
using Yarp.ReverseProxy.Forwarder;

// What a frontend is compared with: YARP in front of one Kestrel, nothing else. BACKEND is the base URL of the app.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddHttpForwarder();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
var app = builder.Build();
using var client = new HttpMessageInvoker(new SocketsHttpHandler
{
    UseProxy = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, UseCookies = false,
});
app.MapForwarder("/{**path}", Environment.GetEnvironmentVariable("BACKEND") ?? "http://127.0.0.1:9301", new ForwarderRequestConfig(), HttpTransformer.Default, client);
await app.RunAsync();
