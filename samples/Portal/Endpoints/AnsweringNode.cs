using Pomegranate.Backend;

namespace Portal.Endpoints;

/// <summary>Which node answers a request.</summary>
internal static class AnsweringNode
{
    /// <summary>The backend's name, or the machine's where the app runs on Kestrel alone. Does not touch the session.</summary>
    public static string NameOf(HttpContext context) =>
        context.Features.Get<IPomegranateSessionFeature>()?.NodeName ?? Environment.MachineName;
}
