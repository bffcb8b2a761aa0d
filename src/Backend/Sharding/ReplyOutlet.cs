using Akka.Actor;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sharding;

/// <summary>Gathers this node's answers to one frontend: those that wait leave in one message.</summary>
internal sealed class ReplyOutlet : ReceiveActor
{
    /// <summary>A message is cut at this size, far below the frame size, so heartbeats never wait long behind one.</summary>
    private const int BatchBytes = 256 * 1024;

    private readonly List<RequestReply> _waiting = [];
    private readonly IActorRef _frontend;
    private readonly IActorRef _inlet;
    private int _bytes;

    /// <param name="inlet">The sender of the answers: the frontend learns from it which node is home to the session.</param>
    public ReplyOutlet(IActorRef frontend, IActorRef inlet)
    {
        _frontend = frontend;
        _inlet = inlet;
        Receive<RequestReply>(OnReply);
        Receive<Flush>(_ => Send());
    }

    public static Props Props(IActorRef frontend, IActorRef inlet) => Akka.Actor.Props.Create(() => new ReplyOutlet(frontend, inlet));

    private void OnReply(RequestReply reply)
    {
        if (Sender.Path.Address.HasGlobalScope)
        {
            // The session's home is on another node by now, which is what the frontend is to learn.
            _frontend.Tell(reply, Sender);
            return;
        }

        _waiting.Add(reply);
        _bytes += reply.Response?.Body.Length ?? 0;
        if (_bytes >= BatchBytes)
        {
            Send();
        }
        else if (_waiting.Count == 1)
        {
            // Behind everything that is in the mailbox now.
            Self.Tell(Flush.Instance);
        }
    }

    private void Send()
    {
        if (_waiting.Count > 0)
        {
            _frontend.Tell(new Replies([.. _waiting]), _inlet);
            _waiting.Clear();
            _bytes = 0;
        }
    }

    private sealed class Flush
    {
        public static readonly Flush Instance = new();
    }
}
