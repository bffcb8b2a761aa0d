using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.DataProtection;

/// <summary>
/// Spares <c>UseSession()</c> its ciphers where its sessions are ours. It takes our cookie for its own, and would fail to decrypt
/// it, with a warning; then it makes a session key and encrypts a cookie of it, which is never sent (see
/// <see cref="Sessions.CurrentSessionStore"/>): 14 of the 245 us that a backend took for a request.
/// </summary>
/// <remarks>
/// Only that is left out: what is protected for the middleware and is as long as its keys, and what it would decrypt and is
/// as long as our ids, which reads as nothing. Everything else is the framework's. Were the cookie ever sent, it would be empty.
/// </remarks>
internal sealed class UnsentCookieProtection(IDataProtectionProvider inner, Func<bool> areSessionsOurs) : IDataProtectionProvider
{
    /// <summary>The middleware's session key: a <see cref="Guid"/> as text.</summary>
    private const int KeyLength = 36;

    public IDataProtector CreateProtector(string purpose)
    {
        var protector = inner.CreateProtector(purpose);
        return purpose == nameof(SessionMiddleware) && areSessionsOurs() ? new SessionKeyProtector(protector) : protector;
    }

    /// <summary>Puts it before the provider that the services have; one that the app registers later takes its place.</summary>
    public static void AddTo(IServiceCollection services)
    {
        var framework = services.Last(s => s.ServiceType == typeof(IDataProtectionProvider) && !s.IsKeyedService);
        services.Replace(ServiceDescriptor.Describe(
            typeof(IDataProtectionProvider), provider => new UnsentCookieProtection(Make(provider, framework), () => provider.GetService<ISessionStore>() is Sessions.CurrentSessionStore), framework.Lifetime));
    }

    private static IDataProtectionProvider Make(IServiceProvider provider, ServiceDescriptor descriptor) => (IDataProtectionProvider)(
        descriptor.ImplementationInstance
        ?? descriptor.ImplementationFactory?.Invoke(provider)
        ?? ActivatorUtilities.CreateInstance(provider, descriptor.ImplementationType!));

    private sealed class SessionKeyProtector(IDataProtector inner) : IDataProtector
    {
        public IDataProtector CreateProtector(string purpose) => inner.CreateProtector(purpose);

        public byte[] Protect(byte[] plaintext) => plaintext.Length == KeyLength ? [] : inner.Protect(plaintext);

        public byte[] Unprotect(byte[] protectedData) => protectedData.Length == SessionId.Size ? [] : inner.Unprotect(protectedData);
    }
}
