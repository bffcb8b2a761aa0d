using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Backend.Hosting;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Tests.Server;

namespace Pomegranate.Backend.Tests.Hosting;

/// <summary>Options that are given to <c>UseSession</c> alone stop the start, wherever it is.</summary>
public sealed class UseSessionCheckTests
{
    public static TheoryData<string, Action<IApplicationBuilder>> Places => new()
    {
        { "first", app => app.UseSession(Own()) },
        {
            "after other middleware", app =>
            {
                app.Use((context, next) => next(context));
                app.UseExceptionHandler("/error");
                app.UseRouting();
                app.UseSession(Own());
            }
        },
        { "in a branch by path", app => app.Map("/shop", branch => branch.UseSession(Own())) },
        { "in a branch by condition", app => app.MapWhen(context => context.Request.IsHttps, branch => branch.UseSession(Own())) },
        { "in a detour", app => app.UseWhen(context => context.Request.IsHttps, branch => branch.UseSession(Own())) },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public async Task OptionsOfItsOwn_StopTheStart(string place, Action<IApplicationBuilder> use)
    {
        var failure = await Assert.ThrowsAnyAsync<InvalidOperationException>(() => StartAsync(use));

        Assert.True(failure.Message.Contains("cookie 'mine'", StringComparison.Ordinal) && failure.Message.Contains("AddSession", StringComparison.Ordinal), place);
    }

    [Fact]
    public async Task NoOptions_Starts()
    {
        await using var app = await StartAsync(app => app.UseSession());

        Assert.Equal("hello", (await app.GetAsync("/")).Text());
    }

    private static SessionOptions Own() => new() { Cookie = { Name = "mine" } };

    private static Task<ServedApp> StartAsync(Action<IApplicationBuilder> use) => ServedApp.StartAsync(
        app =>
        {
            use(app);
            app.MapGet("/", () => "hello");
        },
        builder =>
        {
            builder.Services.AddSession();
            builder.Services.AddHttpContextAccessor();
            builder.Services.AddSingleton<ISessionStore, CurrentSessionStore>();
            builder.Services.AddSingleton<IStartupFilter, UseSessionCheck>();
        });
}
