using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Sessions;

/// <summary>How a request comes to its home.</summary>
/// <param name="Key">What the client calls it, so that it is exactly-once where its endpoint heeds keys; null where it does not.</param>
/// <param name="IsInDoubt">It may have run on a node that died: it runs only if it is exactly-once.</param>
/// <param name="IsRepeat">The same, but its method is idempotent: it runs unless the app says that this one never runs twice.</param>
/// <param name="MayRunAgain">It may be run again from its start as long as its response has not begun, so it gives way to others.</param>
/// <param name="IsTooLate">Its session had moved to another id when it came: see <see cref="FormerId"/>.</param>
internal readonly record struct RequestTerms(
    IdempotencyKey? Key = null, bool IsInDoubt = false, bool IsRepeat = false, bool MayRunAgain = false, bool IsTooLate = false)
{
    /// <summary>By the client's word or the endpoint's.</summary>
    public bool IsExactlyOnce(in RequestEndpoint endpoint, ClusterSessionOptions options) => IsKeyed(endpoint, options) || endpoint.IsExactlyOnce;

    /// <summary>Whether the client's key counts: everywhere, or at this endpoint.</summary>
    public bool IsKeyed(in RequestEndpoint endpoint, ClusterSessionOptions options) => Key is not null && (options.IdempotencyKeys || endpoint.HeedsKeys);

    /// <summary>Whether it has to be found out before the app's code runs what its endpoint says.</summary>
    public bool NeedTrial(ClusterSessionOptions options) => IsRepeat || (IsInDoubt && !(Key is not null && options.IdempotencyKeys));

    /// <summary>Whether the app says of it that it never runs a second time.</summary>
    public static bool NeverRepeats(in RequestEndpoint endpoint, PathString path, ClusterSessionOptions options) =>
        endpoint.IsNeverRepeated || (options.NeverRepeatPaths.Count > 0 && options.NeverRepeatPaths.Any(never => path.Equals(never)));

    /// <summary>What only the endpoint makes wrong, once it is chosen in earnest.</summary>
    /// <exception cref="BadHttpRequestException">A key that it heeds is malformed, or it never runs twice and may have run.</exception>
    public void RefuseEndpoint(in RequestEndpoint endpoint, bool isOnTrial)
    {
        if (endpoint.HeedsKeys && Key is null && endpoint.Features?.Get<IHttpRequestFeature>() is { Method: "POST" or "PATCH" } sent)
        {
            IdempotencyKey.Read(sent.Headers[IdempotencyKey.Header]);
        }

        if (IsRepeat && endpoint.IsNeverRepeated && !isOnTrial)
        {
            throw new BadHttpRequestException(
                $"The node that had this {endpoint.Features?.Get<IHttpRequestFeature>()?.Method} died before it answered. It may have run, and '{endpoint.Name}' "
                + "never runs twice: check its effect before you repeat it.",
                StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>Routing has chosen another endpoint than the trial: then nothing is known of the first run.</summary>
    /// <exception cref="SessionCommitException">It may have run, and is not exactly-once.</exception>
    public void RefuseDoubt(bool isExactlyOnce)
    {
        if (IsInDoubt && !isExactlyOnce)
        {
            throw new SessionCommitException(
                "The node that had this request died before it answered. It may have run, and its endpoint is not exactly-once: check its effect before you repeat it.");
        }
    }
}
