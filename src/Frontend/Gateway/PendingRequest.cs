using Microsoft.AspNetCore.Connections;
using Pomegranate.Frontend.Http;
using Pomegranate.Frontend.Streaming;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// A request on its way. Who has it (<see cref="HomeLane"/>, or the router) alone changes it; the HTTP side waits for
/// <see cref="Answer"/>.
/// </summary>
/// <param name="body">The body that does not fit the message; null where there is none.</param>
/// <param name="client">Of whom the home may ask something; null for nobody.</param>
internal sealed class PendingRequest(RunRequest message, bool isIdempotent, long sentAt, RequestBody? body = null, RequestClient? client = null)
{
    /// <summary>Nobody adds to it: nearly all requests have no others.</summary>
    private static readonly Queue<SessionId> s_none = new(0);

    private readonly TaskCompletionSource<GatewayAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RunRequest Message { get; set; } = message;

    public ulong Number { get; } = message.RequestId.Number;

    /// <summary>
    /// RFC 9110 section 9.2.2: sending it twice means no more than sending it once. Not once its body has begun to
    /// leave: this frontend does not have it any more.
    /// </summary>
    public bool MayBeSentAgain => isIdempotent && IsWhole;

    /// <summary>Whether this frontend still has all of the request.</summary>
    public bool IsWhole => body?.IsStreaming != true;

    /// <summary>The client's other session ids, to be tried where the one before is nobody's.</summary>
    public Queue<SessionId> OtherSessions { get; init; } = s_none;

    /// <summary>
    /// The incarnation of the backend on which that lives to which the request belongs; null where it belongs to none, or to
    /// one that is gone.
    /// </summary>
    public int? Node { get; set; }

    /// <summary>How often it was sent to a home.</summary>
    public int Attempts { get; set; }

    /// <summary>When it was last sent or a home last said that it runs; <see cref="TimeProvider"/> timestamp.</summary>
    public long HeardOfAt { get; set; } = sentAt;

    /// <summary>When a backend died that may have had it, or has it sent nowhere yet, while no live home has said a word of it.</summary>
    public long? InDoubtSince { get; set; }

    /// <summary>The router's: a home that lives has said a word of it: the way there is not to a dead one.</summary>
    public bool IsFound { get; set; }

    /// <summary>The router's: what was last sent is a copy that may run only if it is exactly-once.</summary>
    public bool IsSentInDoubt { get; set; }

    /// <summary>Its lane's: whether it can have left.</summary>
    public bool IsOnLane { get; set; }

    /// <summary>The router's: the lane that it was last sent by. What is said of it goes the same way, so as not to overtake it.</summary>
    public HomeLane? Lane { get; set; }

    /// <summary>The router's: the lane by which its home has been asked, and how much had come by it then.</summary>
    public (HomeLane Lane, long Heard)? AskedBy { get; set; }

    /// <summary>The router's: the home at the lane's other end has been asked whether it has the request.</summary>
    public bool IsAskedOnLane { get; set; }

    public Task<GatewayAnswer> Answer => _answer.Task;

    public bool IsAnswered => _answer.Task.IsCompleted;

    /// <summary>Nobody waits for the answer any more.</summary>
    public bool IsAbandoned => _answer.Task.IsCanceled;

    public void Complete(RequestReply reply, ResponseStream? stream = null)
    {
        if (!_answer.TrySetResult(new GatewayAnswer(reply, stream, Attempts)))
        {
            stream?.Dispose();
        }
    }

    /// <summary>
    /// Nobody waits any more. A stream that has come in the same moment, or comes later, has no reader: it is closed.
    /// </summary>
    public void Abandon()
    {
        if (!_answer.TrySetCanceled() && _answer.Task is { IsCompletedSuccessfully: true, Result.Stream: { } stream })
        {
            stream.Dispose();
        }
    }

    public void Fail(Exception failure) => _answer.TrySetException(failure);

    public RequestClient? Client => client;

    /// <summary>The app reads the body.</summary>
    public void StreamBody(ConnectionContext connection) => body?.StreamTo(connection);
}

/// <summary>What came back: a reply, and the stream that its body comes on, if it does not carry it.</summary>
internal sealed record GatewayAnswer(RequestReply Reply, ResponseStream? Stream, int Attempts);
