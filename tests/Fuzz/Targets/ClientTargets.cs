using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Http;
using Pomegranate.Frontend.Streaming;
using Pomegranate.Fuzz.Cases;
using Pomegranate.Http;
using Pomegranate.Sessions;

namespace Pomegranate.Fuzz.Targets;

/// <summary>What is read of a client's request, and of an app's WebSocket.</summary>
internal static class ClientTargets
{
    private static readonly byte[] s_id = Encoding.ASCII.GetBytes(new SessionId(1, 2).ToString());

    private static readonly SessionCookie s_cookie = new(new SessionOptions { Cookie = { Name = ".Pomegranate.Session" } });

    public static IEnumerable<FuzzTarget> All()
    {
        yield return new("session id", [s_id], bytes =>
        {
            var text = Encoding.Latin1.GetString(bytes);
            var isId = SessionId.TryParse(text, out var id);
            return !isId || id.ToString() == text ? isId : throw new FuzzException($"'{text}' is read as '{id}'.");
        });
        yield return new("cookie header",
            [[.. ".Pomegranate.Session="u8, .. s_id], [.. "a=b; .Pomegranate.Session="u8, .. s_id, .. "; c=\"d\""u8]],
            bytes =>
            {
                var text = Encoding.Latin1.GetString(bytes);
                var sent = SentSessions.Of(text, [".Pomegranate.Session", "a"]);
                return sent.First is not { } id ? false
                    : s_cookie.IsSent(text, id) || SentSessions.Of(text, ["a"]).Contains(id) ? true
                    : throw new FuzzException($"A frontend finds '{id}' in '{text}', and its home does not.");
            });
        yield return new("idempotency key", ["8e03978e-40d5-43dd-bc93-6894a57f9324"u8.ToArray()], bytes => IdempotencyKey.Of(new WebRequest
        {
            Method = "POST",
            Scheme = "http",
            RawTarget = "/pay",
            Protocol = "HTTP/1.1",
            TraceIdentifier = "",
            Headers = [new(IdempotencyKey.Header, Encoding.Latin1.GetString(bytes))],
        }) is not null, typeof(BadHttpRequestException));
        yield return new("request target",
            ["/a/b%20c/../d?e=f"u8.ToArray(), "http://host/path?x"u8.ToArray(), "/%E2%82%AC"u8.ToArray(), "/a%2Fb"u8.ToArray()],
            bytes => RequestTarget.TryParse("GET", Encoding.Latin1.GetString(bytes), out _));
        yield return new("seed address", ["lighthouse:4053"u8.ToArray(), "[::1]:4053"u8.ToArray()], bytes => SeedAddress.TryParse(Encoding.Latin1.GetString(bytes), out _, out _));
        yield return new("WebSocket frames",
            [[0x81, 2, 65, 66], [0x82, 0xFE, 0, 4, 1, 2, 3, 4, 9, 9, 9, 9], [0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0x88, 0]],
            bytes =>
            {
                // In one piece and byte by byte, it must be the same.
                var (whole, single) = (new WebSocketFrames(), new WebSocketFrames());
                whole.Follow(bytes);
                foreach (var one in bytes)
                {
                    single.Follow([one]);
                }

                return (whole.IsBetweenFrames, whole.HasSeenClose) == (single.IsBetweenFrames, single.HasSeenClose)
                    ? whole.IsBetweenFrames
                    : throw new FuzzException("Where the pieces are cut makes a difference.");
            });
    }
}
