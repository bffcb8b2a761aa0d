using Pomegranate.Apps.Cases;

namespace Pomegranate.Apps;

/// <summary>Every app that is tried. One file of <c>Cases/</c> each; a case is an entry there.</summary>
internal static class Corpus
{
    public static readonly TriedApp[] All =
    [
        SessionApp.App,
        OwnCookieApp.App,
        CookieSeenApp.App,
        CookieApp.App,
        CacheApp.App,
        SignInApp.App,
        HubApp.App,
        HubSessionApp.App,
        GrpcApp.App,
        MiddlewareApp.App,
        EndpointApp.App,
        LimitApp.App,
        .. FeatureApp.Both,
        .. HostApps.All,
    ];
}
