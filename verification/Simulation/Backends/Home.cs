using Akka.Actor;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Campaign.Histories;
using Pomegranate.Gateway;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Judging;
using static Pomegranate.Gateway.GatewayProtocol;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Backends;

/// <summary>A session's home: as <c>SessionActor</c> and <c>SessionRequests</c>, with the shipped ledger and outcomes.</summary>
internal sealed class Home(Process self, int session)
{
    private const long LeasePatience = 10 * Span.Second;

    private readonly RequestLedger _ledger = new(new KeptAnswers(self.Clock));
    private readonly Dictionary<RequestId, List<Process>> _askers = [];
    private readonly Dictionary<RequestId, Reply> _replies = [];
    private readonly Queue<Run> _waiting = [];
    private readonly List<(Find Find, Process From)> _finders = [];
    private Incarnation? _session;
    private SessionEntry? _recovered;
    private bool _isRecovering;
    private Running? _running;
    private bool _isTaken;
    private SessionVersion _takenBy;
    private (long View, bool IsSettled) _known;

    public bool IsStopping { get; set; }

    public bool IsIdle => _running is null && _waiting.Count == 0 && !_isRecovering;

    public void OnRun(Process from, Run run)
    {
        var id = run.Request.Id;
        if (IsStopping && _ledger.Find(id) is null)
        {
            if (!run.IsInDoubt)
            {
                self.Send(from, new Reply(id, ReplyKind.Undelivered, null, 0, null));
            }

            return;
        }

        if (self.World.Bug != SeededBug.DedupOff && _ledger.Begin(id, ActorRefs.Nobody) is not null)
        {
            Repeat(id, from);
            return;
        }

        _askers[id] = [from];
        _waiting.Enqueue(run);
        if (_session is not null)
        {
            RunNext();
        }
        else if (run is { IsFresh: true, IsInDoubt: false } && !_isRecovering)
        {
            Open(null);
        }
        else
        {
            Recover();
        }
    }

    public void OnFind(Process from, Find find)
    {
        if (_ledger.Find(find.Request.Id) is not null)
        {
            Repeat(find.Request.Id, from);
        }
        else if (_session is null)
        {
            _finders.Add((find, from));
            Recover();
        }
        else
        {
            Found(from, find.Request.Id);
        }
    }

    public void OnRan(Ran ran)
    {
        if (_running is not { IsCommitting: false } running || running.Run.Request.Id != ran.Id)
        {
            return;
        }

        running.IsCommitting = true;
        var request = running.Run.Request;
        var outcome = SessionContent.IsExactlyOnce(request.Kind) ? SessionContent.Answer(request, running.Seen) : null;
        if (running.Changes.Attributes.Count == 0 && outcome is null)
        {
            AwaitLease();
            return;
        }

        var delta = _session!.Prepare(request.Id, running.Changes, outcome);
        var incarnation = _session;
        running.Delta = delta;
        self.Backend!.Writes.Commit(
            self.World.Sessions.IdOf(session), delta, _session.Entry,
            acks =>
            {
                incarnation.Committed(delta);
                self.World.Say(self, session, $"commits {request.Kind} {request.Number} ({delta.Version}): held by {self.World.NamesOf(acks)}");
                AwaitLease();
            },
            _ =>
            {
                if (self.World.Bug != SeededBug.GoesOnInDoubt)
                {
                    // Others may hold it, and have answered by it: the session is read again.
                    _session = null;
                }

                End(running, new Reply(request.Id, ReplyKind.Refused, null, 503, "not acknowledged by enough backends"));
            });
    }

    /// <summary>Looks whether what waits for the lease may be answered now.</summary>
    public void OnLease()
    {
        if (_running is not { AwaitsLeaseSince: { } since } running)
        {
            return;
        }

        var request = running.Run.Request;
        if (IsOld())
        {
            _session = null;
            End(running, new Reply(request.Id, ReplyKind.Refused, null, 503, "the replica here knows of a later home"));
            return;
        }

        if (_isTaken)
        {
            End(running, new Reply(request.Id, ReplyKind.Refused, null, 503, "another backend has become the session's home"));
        }
        else if (self.Rules.MayAnswer)
        {
            if (running.Delta is { } delta)
            {
                self.World.Oracle.Acknowledged(session, delta);
            }

            End(running, new Reply(request.Id, ReplyKind.Response, running.Seen, 200, null));
        }
        else if (self.Clock.Now - since > LeasePatience)
        {
            self.World.Count("lease not had in time");
            End(running, new Reply(request.Id, ReplyKind.Refused, null, 503, "no lease"));
        }
    }

    /// <summary>Another backend has become the session's home. False where that is old news.</summary>
    public bool OnTaken(SessionVersion version)
    {
        _takenBy = SessionVersion.Max(_takenBy, version);
        if (_session is null || _takenBy.Ballot <= _session.Ballot)
        {
            return false;
        }

        self.World.Count("home taken");
        self.World.Say(self, session, $"hears that another is its home ({version}), and leaves");
        _isTaken = IsStopping = true;
        while (_waiting.TryDequeue(out var run))
        {
            Answer(run.Request.Id, new Reply(run.Request.Id, ReplyKind.Undelivered, null, 0, null));
        }

        OnLease();
        return true;
    }

    /// <summary>In a view in which it has not looked, the replica here may have heard of a later home meanwhile.</summary>
    private bool IsOld()
    {
        var now = (self.Rules.View, self.Rules.IsSettled);
        if (_known == now || !self.World.HasClaims || _session is null)
        {
            return false;
        }

        _known = now;
        return self.Backend!.Replica.Find(self.World.Sessions.IdOf(session)) is { } entry && entry.Version.Ballot > _session.Ballot;
    }

    private void AwaitLease()
    {
        _running!.AwaitsLeaseSince = self.Clock.Now;
        if (!self.Rules.MayAnswer)
        {
            self.World.Count("answer waited for its lease");
        }

        OnLease();
    }

    private void Recover()
    {
        if (_isRecovering)
        {
            return;
        }

        _isRecovering = true;
        self.World.Count("session recovered");
        self.Backend!.Reads.Recover(self.World.Sessions.IdOf(session), Open, () =>
        {
            _isRecovering = false;
            _finders.Clear();
            while (_waiting.TryDequeue(out var run))
            {
                Answer(run.Request.Id, new Reply(run.Request.Id, ReplyKind.Refused, null, 503, "the session could not be read"));
            }

            self.Backend.LeaveIfStopping(session);
        });
    }

    private void Open(SessionEntry? entry)
    {
        if (_isRecovering)
        {
            self.World.Say(self, session, entry is null ? "as its home finds nothing of it" : $"as its home recovers version {entry.Version}");
        }

        var isRead = _isRecovering;
        _isRecovering = false;
        _recovered = entry;
        _session = new Incarnation(self, entry is { IsRemoved: false } ? entry : null, isRead);
        foreach (var (find, from) in _finders)
        {
            Found(from, find.Request.Id);
        }

        _finders.Clear();
        if (self.World.HasClaims && OnTaken(_takenBy))
        {
            self.Backend!.OnWrittenElsewhere(self.World.Sessions.IdOf(session), _takenBy);
        }

        RunNext();
    }

    private void RunNext()
    {
        while (_running is null && _waiting.TryDequeue(out var run))
        {
            var request = run.Request;
            if (Recorded(request.Id) is { } recorded)
            {
                Answer(request.Id, recorded);
            }
            else if (_session!.Entry is null && !run.IsFresh)
            {
                Answer(request.Id, new Reply(request.Id, run.IsInDoubt ? ReplyKind.NotSeen : ReplyKind.UnknownSession, null, 0, null));
            }
            else if (run.IsInDoubt && !SessionContent.IsExactlyOnce(request.Kind))
            {
                Answer(request.Id, new Reply(request.Id, ReplyKind.NotSeen, null, 0, null));
            }
            else
            {
                var changes = _session.Begin(request.Id, undoes: self.World.Bug != SeededBug.DedupOff);
                _running = new Running(run, changes, SessionContent.Run(request, changes, self.Name));
                self.Later(self.Chance.Between(500, 15 * Span.Millisecond), new Ran(session, request.Id));
                return;
            }
        }

        self.Backend!.LeaveIfStopping(session);
    }

    private void End(Running running, Reply reply)
    {
        if (_running == running)
        {
            _running = null;
            Answer(running.Run.Request.Id, reply);
            if (_session is not null)
            {
                RunNext();
            }
            else if (_waiting.Count > 0)
            {
                Recover();
            }
            else
            {
                self.Backend!.LeaveIfStopping(session);
            }
        }
    }

    private void Answer(RequestId id, Reply reply)
    {
        _ledger.End(new RequestReply(id, reply.Kind, self.Name));
        _replies[id] = reply;
        if (_askers.Remove(id, out var askers))
        {
            askers.ForEach(asker => self.Send(asker, reply));
        }
    }

    private void Repeat(RequestId id, Process from)
    {
        if (_ledger.Find(id) is { IsAnswered: true })
        {
            self.World.Count("answer repeated");
            self.Send(from, _replies[id]);
            return;
        }

        if (_askers.TryGetValue(id, out var askers) && !askers.Contains(from))
        {
            askers.Add(from);
        }

        self.Send(from, new Reply(id, ReplyKind.Running, null, 0, null));
    }

    private void Found(Process from, RequestId id) =>
        self.Send(from, Recorded(id) ?? new Reply(id, ReplyKind.NotSeen, null, TakesRequestsInDoubt, null));

    private Reply? Recorded(RequestId id)
    {
        if (self.World.Bug == SeededBug.OutcomeIgnored || Outcomes.Find(_session!.Entry ?? _recovered, id) is not { Reply: { Response: not null } reply })
        {
            return null;
        }

        self.World.Count("recorded outcome given");
        return new Reply(id, ReplyKind.Response, SessionContent.Read(reply), 200, null);
    }

    /// <summary>The app has come to its end.</summary>
    internal sealed record Ran(int Session, RequestId Id);

    private sealed class Running(Run run, SessionChanges changes, Observation seen)
    {
        public Run Run { get; } = run;

        public SessionChanges Changes { get; } = changes;

        public Observation Seen { get; } = seen;

        public SessionEntry? Delta { get; set; }

        public bool IsCommitting { get; set; }

        public long? AwaitsLeaseSince { get; set; }
    }
}
