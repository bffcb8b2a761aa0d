using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Backend.DataProtection;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Tests.Server;

namespace Pomegranate.Backend.Tests.DataProtection;

/// <summary>The cookie of <c>UseSession()</c>, which is never sent, is not encrypted; all else is.</summary>
public sealed class UnsentCookieProtectionTests
{
    private readonly CountingProvider _framework = new();

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task UseSession_EncryptsItsCookieOnlyWithoutUs_AndNeverSendsIt(bool isOurs, int encryptions)
    {
        await using var served = await ServedApp.StartAsync(
            app =>
            {
                app.UseSession();
                app.MapGet("/", (HttpContext context) =>
                {
                    context.Session.SetString("greeting", "hello");
                    return context.Session.GetString("greeting");
                });
            },
            builder => AddTo(builder.Services, isOurs));

        var response = await served.GetAsync("/");

        Assert.Equal("hello", response.Text());
        Assert.Null(response.Header("Set-Cookie"));
        Assert.Equal(encryptions, _framework.Encryptions);
    }

    [Theory]
    [InlineData(nameof(SessionMiddleware), 35)]
    [InlineData(nameof(SessionMiddleware), 37)]
    [InlineData("sign-in", 36)]
    public void Protect_AnythingElse_IsTheFrameworks(string purpose, int length)
    {
        var services = new ServiceCollection();
        AddTo(services, isOurs: true);
        using var provider = services.BuildServiceProvider();
        var protector = provider.GetRequiredService<IDataProtectionProvider>().CreateProtector(purpose);
        var secret = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();

        var sealedSecret = protector.Protect(secret);

        Assert.Equal(1, _framework.Encryptions);
        Assert.Equal(secret, protector.Unprotect(sealedSecret));
    }

    [Fact]
    public void CreateProtector_BelowTheMiddlewaresPurpose_IsTheFrameworks()
    {
        var protector = new UnsentCookieProtection(_framework, () => true).CreateProtector(nameof(SessionMiddleware)).CreateProtector("of an app");

        Assert.Equal(new byte[36], protector.Unprotect(protector.Protect(new byte[36])));
        Assert.Equal(1, _framework.Encryptions);
    }

    private void AddTo(IServiceCollection services, bool isOurs)
    {
        services.AddSingleton<IDataProtectionProvider>(_framework);
        services.AddSession();
        services.AddHttpContextAccessor();
        services.AddSingleton<ISessionStore, CurrentSessionStore>();
        if (isOurs)
        {
            UnsentCookieProtection.AddTo(services);
        }
    }

    private sealed class CountingProvider : IDataProtectionProvider
    {
        private readonly EphemeralDataProtectionProvider _real = new();

        public int Encryptions { get; set; }

        public IDataProtector CreateProtector(string purpose) => new Protector(this, _real.CreateProtector(purpose));

        private sealed class Protector(CountingProvider counter, IDataProtector real) : IDataProtector
        {
            public IDataProtector CreateProtector(string purpose) => new Protector(counter, real.CreateProtector(purpose));

            public byte[] Protect(byte[] plaintext)
            {
                counter.Encryptions++;
                return real.Protect(plaintext);
            }

            public byte[] Unprotect(byte[] protectedData) => real.Unprotect(protectedData);
        }
    }
}
