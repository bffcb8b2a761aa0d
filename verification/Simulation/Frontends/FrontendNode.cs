using Pomegranate.Backend.Sessions;
using Pomegranate.Campaign.Histories;
using Pomegranate.Gateway;
using Pomegranate.Simulation.Backends;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using static Pomegranate.Gateway.GatewayProtocol;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Frontends;

/// <summary>A frontend: finds homes, and looks after requests whose home has gone. As <c>RequestRouter</c> and <c>RequestDoubt</c>.</summary>
internal sealed class FrontendNode(Process self)
{
    private const long FailoverDeadline = 10 * Span.Second;
    private const long Silence = 5 * Span.Second;
    private const long RequestTimeout = 20 * Span.Second;
    private const long Resend = 25 * Span.Millisecond;

    private readonly List<Pending> _pending = [];
    private readonly int[] _homes = [.. Enumerable.Repeat(-1, self.World.Sessions.Count)];
    private ulong _lastNumber;
    private ulong _gone;
    private ulong _backends;

    public bool IsOpen => self.Members.IsUp && self.Members.Backends != 0;

    public void Formed(int shard, int home) => (_homes[shard], _backends) = (home, self.Members.Backends);

    /// <summary>Takes a backend for a shard's home.</summary>
    public void Believe(int shard, int home) => _homes[shard] = home;

    public void Take(OperationKind kind, int session, long number, Action<Reply> done)
    {
        var request = new Request(new RequestId((ulong)self.Id + 1, ++_lastNumber), kind, session, number);
        var pending = new Pending(request, done, self.Clock.Now) { IsFresh = kind == OperationKind.Create, HeardOfAt = self.Clock.Now };
        _pending.Add(pending);
        Send(pending);
    }

    public void OnTick()
    {
        var now = self.Clock.Now;
        for (var i = 0; i < _pending.Count; i++)
        {
            var pending = _pending[i];
            if (pending.InDoubtSince is { } since && now - since > FailoverDeadline)
            {
                self.World.Count("failover deadline");
                Fail(pending, "no new home in time");
                i--;
            }
            else if (now - pending.Started > RequestTimeout)
            {
                Fail(pending, "no answer in time");
                i--;
            }
            else if (pending.InDoubtSince is not null)
            {
                Send(pending);
            }
            else if (pending.SentTo < 0)
            {
                Send(pending);
            }
            else if (now - pending.HeardOfAt > Silence)
            {
                pending.HeardOfAt = now;
                InDoubt(pending);
            }
        }
    }

    public void OnMembers()
    {
        var backends = self.Members.Backends;
        var gone = _backends & ~backends;
        _backends = backends;
        foreach (var backend in gone.All())
        {
            OnGone(self.World.Processes[backend]);
        }
    }

    /// <summary>A backend is removed, or its death proven: any request in flight may have been there.</summary>
    public void OnGone(Process backend)
    {
        if (!backend.IsBackend || _gone.Has(backend.Id))
        {
            return;
        }

        _gone |= backend.Bit;
        for (var shard = 0; shard < _homes.Length; shard++)
        {
            _homes[shard] = _homes[shard] == backend.Id ? -1 : _homes[shard];
        }

        foreach (var pending in _pending.Where(pending => pending.WasSent).ToList())
        {
            InDoubt(pending);
        }
    }

    public void OnMessage(Process from, object message)
    {
        switch (message)
        {
            case HomeIs { Process: var home, Shard: var shard } when !_gone.Has(home):
                _homes[shard] = home;
                foreach (var pending in _pending.Where(pending => pending.Request.Session == shard && pending.SentTo < 0).ToList())
                {
                    Send(pending);
                }

                break;
            case Reply reply when _pending.Find(pending => pending.Request.Id == reply.Id) is { } pending:
                OnReply(from, pending, reply);
                break;
            case Again again when _pending.Find(pending => pending.Request.Id == again.Id) is { } pending:
                Send(pending);
                break;
        }
    }

    private void OnReply(Process from, Pending pending, Reply reply)
    {
        switch (reply.Kind)
        {
            case ReplyKind.Running:
                pending.InDoubtSince = null;
                pending.HeardOfAt = self.Clock.Now;
                pending.SentTo = from.Id;
                break;
            case ReplyKind.Undelivered:
                if (_homes[pending.Request.Session] == from.Id)
                {
                    _homes[pending.Request.Session] = -1;
                }

                pending.SentTo = -1;
                self.Later(Resend, new Again(pending.Request.Id));
                break;
            case ReplyKind.NotSeen when pending.InDoubtSince is null && !(pending.IsSentInDoubt && reply.Status != TakesRequestsInDoubt):
                break;
            case ReplyKind.NotSeen when SessionContent.IsIdempotent(pending.Request.Kind):
                self.World.Count("sent again");
                (pending.InDoubtSince, pending.HeardOfAt, pending.IsFresh) = (null, self.Clock.Now, false);
                Run(pending, from.Id, isInDoubt: false);
                break;
            case ReplyKind.NotSeen when reply.Status == TakesRequestsInDoubt:
                Run(pending, from.Id, isInDoubt: true);
                break;
            case ReplyKind.NotSeen:
                Fail(pending, "it may have run");
                break;
            default:
                _pending.Remove(pending);
                pending.Done(reply);
                break;
        }
    }

    private void InDoubt(Pending pending)
    {
        if (pending.InDoubtSince is null)
        {
            self.World.Count("request in doubt");
            pending.InDoubtSince = self.Clock.Now;
        }

        Send(pending);
    }

    private void Send(Pending pending)
    {
        var shard = pending.Request.Session;
        if (_homes[shard] < 0)
        {
            pending.SentTo = -1;
            if (Coordinator.OldestOf(self) is var oldest and >= 0)
            {
                self.Send(oldest, new GetHome(shard));
            }

            return;
        }

        if (pending.InDoubtSince is not null)
        {
            pending.SentTo = _homes[shard];
            self.Send(_homes[shard], new Find(pending.Request));

            // The home may have moved without a word: the next round asks the coordinator anew.
            _homes[shard] = -1;
            if (Coordinator.OldestOf(self) is var oldest and >= 0)
            {
                self.Send(oldest, new GetHome(shard));
            }
        }
        else
        {
            Run(pending, _homes[shard], isInDoubt: false);
        }
    }

    private void Run(Pending pending, int home, bool isInDoubt)
    {
        (pending.SentTo, pending.IsSentInDoubt, pending.WasSent) = (home, isInDoubt, true);
        self.Send(home, new Run(pending.Request, pending.IsFresh, isInDoubt));
    }

    private void Fail(Pending pending, string reason)
    {
        _pending.Remove(pending);
        self.World.Network.Reset(self, message => message is Run run && run.Request.Id == pending.Request.Id);
        pending.Done(new Reply(pending.Request.Id, ReplyKind.Refused, null, 503, reason));
    }

    private sealed record Again(RequestId Id);

    private sealed class Pending(Request request, Action<Reply> done, long started)
    {
        public Request Request { get; } = request;

        public Action<Reply> Done { get; } = done;

        public long Started { get; } = started;

        public int SentTo { get; set; } = -1;

        public bool WasSent { get; set; }

        public bool IsFresh { get; set; }

        public bool IsSentInDoubt { get; set; }

        public long? InDoubtSince { get; set; }

        public long HeardOfAt { get; set; }
    }
}
