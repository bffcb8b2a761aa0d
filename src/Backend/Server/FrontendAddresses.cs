using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Pomegranate.Backend.Server;

/// <summary>
/// Where the app finds on which port its site speaks HTTPS, as under Kestrel: among the server's addresses. Requests tell it,
/// so that it is there before the first one asks: <c>UseHttpsRedirection</c> looks once, and for ever.
/// </summary>
/// <remarks>One port: of several it would choose none.</remarks>
internal sealed class FrontendAddresses(IServerAddressesFeature addresses)
{
    private readonly Lock _lock = new();
    private volatile bool _isKnown;

    /// <param name="httpsPort">0 for none.</param>
    public void Learn(int httpsPort)
    {
        if (httpsPort == 0 || _isKnown)
        {
            return;
        }

        lock (_lock)
        {
            if (!_isKnown)
            {
                addresses.Addresses.Add($"https://*:{httpsPort}");
                _isKnown = true;
            }
        }
    }
}
