using System.Globalization;

namespace Pomegranate.Frontend.Answers;

/// <summary>An answer that this frontend gives itself, in the app's place.</summary>
/// <param name="Status">What the client is told; where it speaks gRPC, <see cref="Grpc"/> says it instead.</param>
/// <param name="Reason">For whoever reads it: what is the matter, and what to do.</param>
/// <param name="RetryAfter">Null where it is no use to come back soon.</param>
internal sealed record OwnAnswer(int Status, string Reason, TimeSpan? RetryAfter = null)
{
    /// <summary>The answer's status and headers, without those of its body.</summary>
    public IEnumerable<KeyValuePair<string, string>> Headers
    {
        get
        {
            yield return new("Cache-Control", "no-store");
            if (RetryAfter is { } wait)
            {
                yield return new("Retry-After", Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>
    /// The same to a gRPC client: a status of its own, in the head of an answer without a body. The codes are those of
    /// gRPC's table for HTTP statuses, with the words that it has for a body that is too long.
    /// </summary>
    public IEnumerable<KeyValuePair<string, string>> Grpc =>
    [
        new("grpc-status", Status switch
        {
            StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => "8",
            StatusCodes.Status400BadRequest or StatusCodes.Status500InternalServerError => "13",
            _ => "14",
        }),
        new("grpc-message", Uri.EscapeDataString(Reason)),
    ];
}
