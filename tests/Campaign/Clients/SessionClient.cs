using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Clients;

/// <summary>One session's cookie, and the way its clients send operations and note their outcomes.</summary>
internal sealed class SessionClient(string session, RunClock clock, HttpClient http, IReadOnlyList<Uri> frontends, History history)
{
    private const string Cookie = ".Pomegranate.Session=";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private string? _cookie;
    private bool _isOver;

    /// <summary>One at a time: who renews beside another gets a session of its own.</summary>
    private int _renewing;
    private int _renewed;

    /// <summary>Whether the client may renew the session's id now; <see cref="SendAsync(int, OperationKind, string?, int, CancellationToken, long?)"/> does then.</summary>
    public bool TryBeginRenewal() => Interlocked.CompareExchange(ref _renewing, 1, 0) == 0;

    public async Task<Operation> SendAsync(int client, OperationKind kind, string? register, int frontend, CancellationToken cancellation, long? key = null)
    {
        var number = clock.NextOperation();
        var target = frontends[frontend % frontends.Count];
        var effect = (key ?? number).ToString(CultureInfo.InvariantCulture);
        using var content = new OnceContent(effect);
        using var create = new OnceContent(session);
        using var request = new HttpRequestMessage(Method(kind), new Uri(target, Path(kind, register)));
        request.Content = kind switch
        {
            OperationKind.Read or OperationKind.Linger or OperationKind.Peek => null,
            OperationKind.Create => create,
            _ => content,
        };
        if (_cookie is { } cookie)
        {
            request.Headers.Add("Cookie", Cookie + cookie);
        }

        if (kind == OperationKind.AppendKeyed)
        {
            request.Headers.Add("Idempotency-Key", effect);
            key ??= number;
        }

        // What comes under its id later must find nothing: so the id is kept.
        _isOver |= kind == OperationKind.End;
        var start = clock.Now;
        var renewed = Volatile.Read(ref _renewed);
        var (status, outcome, seen, note) = await SendAsync(request, cancellation);
        if (kind == OperationKind.Renew)
        {
            Interlocked.Increment(ref _renewed);
            if (outcome is Outcome.Done or Outcome.NotSent)
            {
                // Of any other the session may have moved, and nobody has the new id: the old one may be empty from now on.
                Volatile.Write(ref _renewing, 0);
            }
        }
        else if (seen is { Owner: null } && kind != OperationKind.Create && (Volatile.Read(ref _renewing) > 0 || Volatile.Read(ref _renewed) > renewed))
        {
            // It came with the old id of a session that another client was renewing: the answer says that it did nothing. One that
            // began before may have stored late what it did, and seen nothing of it afterwards.
            (outcome, seen, note) = (kind == OperationKind.AppendLate ? Outcome.Maybe : Outcome.NotSent, null, "the old id");
        }

        var operation = new Operation(
            number, session, client, kind, register, start, clock.Now, target.Authority, status, outcome, seen, note, key);
        history.Add(operation);
        return operation;
    }

    private static HttpMethod Method(OperationKind kind) => kind switch
    {
        OperationKind.Read or OperationKind.Linger or OperationKind.Peek => HttpMethod.Get,
        OperationKind.Write or OperationKind.AppendPut => HttpMethod.Put,
        _ => HttpMethod.Post,
    };

    private static string Path(OperationKind kind, string? register) => kind switch
    {
        OperationKind.Create => "/create",
        OperationKind.Write => $"/registers/{register}",
        OperationKind.Read => "/read",
        OperationKind.Linger => "/linger",
        OperationKind.Peek => "/peek",
        OperationKind.AppendHeld => "/held",
        OperationKind.AppendLate => "/late",
        OperationKind.AppendOnce => "/once",
        OperationKind.Renew => "/renew",
        OperationKind.End => "/end",
        _ => "/append",
    };

    private async Task<(int Status, Outcome Outcome, Observation? Seen, string? Note)> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.SendAsync(request, cancellation);
            var text = await response.Content.ReadAsStringAsync(cancellation);
            var status = (int)response.StatusCode;
            if (response.StatusCode == HttpStatusCode.OK)
            {
                KeepCookie(response);
                return (status, Outcome.Done, JsonSerializer.Deserialize<Observation>(text, Json), null);
            }

            // The frontend's and the homes' words for "not now" and "not known".
            var explained = response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.BadGateway;
            return (status, explained ? Outcome.Maybe : Outcome.Unexpected, null, Shorten(text));
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException)
        {
            // HttpClient lets a SocketException through where a connection breaks in the moment in which it is made.
            var sent = request.Content is OnceContent { WasSent: true };
            var error = (exception as HttpRequestException)?.HttpRequestError ?? HttpRequestError.ConnectionError;
            return (0, sent ? Outcome.Maybe : Outcome.NotSent, null, Shorten($"{error}: {exception.InnerException?.Message ?? exception.Message}"));
        }
        catch (OperationCanceledException)
        {
            return (0, Outcome.Maybe, null, "no answer");
        }
        catch (JsonException exception)
        {
            return (200, Outcome.Unexpected, null, Shorten(exception.Message));
        }
    }

    private static string Shorten(string text) => text.Length <= 300 ? text : text[..300];

    // A session that was lost gets a new cookie; the checker sees it by the owner.
    private void KeepCookie(HttpResponseMessage response)
    {
        if (!_isOver && response.Headers.TryGetValues("Set-Cookie", out var cookies)
            && cookies.FirstOrDefault(cookie => cookie.StartsWith(Cookie, StringComparison.Ordinal)) is { } set)
        {
            _cookie = set[Cookie.Length..].Split(';')[0];
        }
    }
}
