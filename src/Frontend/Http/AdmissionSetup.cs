using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Edge;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Overload;

namespace Pomegranate.Frontend.Http;

/// <summary>Puts the limit on requests in flight before everything that costs.</summary>
internal static class AdmissionSetup
{
    public static void AddAdmission(this IServiceCollection services) => services.AddSingleton(provider =>
    {
        var options = provider.GetRequiredService<IOptions<GatewayOptions>>().Value;
        return new Admission(
            GatewayOptions.Section,
            new AdmissionLimits(options.MaxConcurrentRequests, options.MaxQueuedRequests, options.QueueTimeout),
            provider.GetRequiredService<TimeProvider>());
    });

    /// <summary>The health path stays free: a full frontend is well, and its balancer must not take it away.</summary>
    public static void UseAdmission(this WebApplication app)
    {
        var healthPath = app.Services.GetRequiredService<IOptions<EdgeOptions>>().Value.HealthPath;
        app.UseWhen(context => context.Request.Path != healthPath, branch => branch.UseMiddleware<AdmissionMiddleware>());
    }
}
