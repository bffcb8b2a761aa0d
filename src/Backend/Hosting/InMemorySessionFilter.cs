using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Pomegranate.Backend.Hosting;

/// <summary>Outside a cluster: an app finds <c>HttpContext.Session</c> there too, in memory, without calling <c>UseSession()</c>.</summary>
internal sealed class InMemorySessionFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseSession();
        next(app);
    };
}
