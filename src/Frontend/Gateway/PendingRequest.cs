using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>A request on its way. Its actor alone changes it; the HTTP side waits for <see cref="Answer"/>.</summary>
internal sealed class PendingRequest(RunRequest message, bool isIdempotent, long sentAt)
{
    private readonly TaskCompletionSource<RequestReply> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RunRequest Message { get; set; } = message;

    /// <summary>RFC 9110 section 9.2.2: sending it twice means no more than sending it once.</summary>
    public bool IsIdempotent { get; } = isIdempotent;

    /// <summary>When it was last sent or a home last said that it runs; <see cref="TimeProvider"/> timestamp.</summary>
    public long HeardOfAt { get; set; } = sentAt;

    /// <summary>When a backend died that may have had it, while no live home has said that it has it.</summary>
    public long? InDoubtSince { get; set; }

    public Task<RequestReply> Answer => _answer.Task;

    public void Complete(RequestReply reply) => _answer.TrySetResult(reply);

    public void Fail(GatewayException failure) => _answer.TrySetException(failure);
}
