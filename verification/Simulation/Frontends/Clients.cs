using Pomegranate.Campaign.Histories;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Plans;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Simulation.Frontends;

/// <summary>The clients, who write down what they were told. Each does one thing after another.</summary>
internal sealed class Clients(World world)
{
    /// <summary>A session that is not served so long after everything has been healed is stuck.</summary>
    private const long ServedWithin = 60 * Span.Second;

    private readonly List<InFlight> _inFlight = [];
    private long _lastNumber;
    private int _busy;

    public List<Operation> History { get; } = [];

    /// <summary>Sessions that were never served again.</summary>
    public List<int> Stuck { get; } = [];

    public void Start()
    {
        foreach (var client in world.Plan.Clients)
        {
            _busy++;
            Next(client, 0);
        }
    }

    /// <summary>Whoever was answered by it has no answer.</summary>
    public void FrontendGone(Process frontend)
    {
        foreach (var lost in _inFlight.Where(flight => flight.Frontend == frontend).ToList())
        {
            lost.End(null, Outcome.Maybe, "the frontend has gone");
        }
    }

    private void Next(ClientPlan client, int step)
    {
        if (client.Steps.Count == 0)
        {
            Ended();
            return;
        }

        if (step == client.Steps.Count)
        {
            LastRead(client.Session);
            return;
        }

        var todo = client.Steps[step];
        world.At(world.Now + todo.Pause, () => Do(client.Session, todo.Kind, todo.Frontend, outcome =>
        {
            if (todo.Kind == OperationKind.Create && outcome != Outcome.Done)
            {
                // Whether there is a session is not known: nothing can be said of it. Not sent, it is tried again.
                if (outcome == Outcome.NotSent)
                {
                    Next(client, step);
                }
                else
                {
                    Ended();
                }
            }
            else
            {
                Next(client, step + 1);
            }
        }));
    }

    private void LastRead(int session)
    {
        var deadline = Math.Max(world.Plan.Healed, world.Now) + ServedWithin;
        var frontend = 0;
        Again();

        void Again() => world.At(Math.Max(world.Plan.Healed, world.Now) + (100 * Span.Millisecond), () => Do(session, OperationKind.Read, frontend++ % world.Plan.Frontends, outcome =>
        {
            if (outcome == Outcome.Done)
            {
                Ended();
            }
            else if (world.Now > deadline)
            {
                Stuck.Add(session);
                Ended();
            }
            else
            {
                Again();
            }
        }));
    }

    private void Ended() => world.IsOver |= --_busy == 0;

    private void Do(int session, OperationKind kind, int frontend, Action<Outcome> then)
    {
        var number = ++_lastNumber;
        var flight = new InFlight(this, session, kind, number, world.Now, world.RunningAt(world.Plan.Spare + 1 + frontend), frontend, then);
        if (flight.Frontend is not { } process)
        {
            flight.End(null, Outcome.NotSent, "the frontend does not run");
        }
        else if (!process.Gateway!.IsOpen)
        {
            flight.End(null, Outcome.NotSent, "the frontend is not open");
        }
        else
        {
            _inFlight.Add(flight);
            world.Deliver(100, process, process, new Taken(() =>
            {
                if (!flight.IsOver)
                {
                    process.Gateway.Take(kind, session, number, flight.On);
                }
            }));
        }
    }

    /// <summary>A client's request on its way into a frontend: it waits while that hangs.</summary>
    internal sealed record Taken(Action Run);

    private sealed class InFlight(
        Clients clients, int session, OperationKind kind, long number, long started, Process? frontend, int index, Action<Outcome> then)
    {
        public Process? Frontend { get; } = frontend;

        public bool IsOver { get; private set; }

        public void On(Messages.Reply reply)
        {
            switch (reply.Kind)
            {
                case ReplyKind.Response:
                    End(reply.Seen, Outcome.Done, null);
                    break;
                case ReplyKind.UnknownSession:
                    // The request runs in a session of its own, with nothing in it but what it does itself.
                    var own = kind is OperationKind.Write or OperationKind.Read or OperationKind.Create ? Array.Empty<long>() : [number];
                    End(new Observation(null, own, new Dictionary<string, long>(), "an unknown session"), Outcome.Done, null);
                    break;
                default:
                    End(null, Outcome.Maybe, reply.Reason);
                    break;
            }
        }

        public void End(Observation? seen, Outcome outcome, string? note)
        {
            if (IsOver)
            {
                return;
            }

            IsOver = true;
            clients._inFlight.Remove(this);
            clients.History.Add(new Operation(
                number, SessionTable.NameOf(session), 0, kind, kind == OperationKind.Write ? "r.0" : null, started / 1000.0, clients.Now / 1000.0,
                $"frontend{index + 1}", outcome == Outcome.Done ? 200 : outcome == Outcome.Maybe ? 503 : 0, outcome, seen, note));
            then(outcome);
        }
    }

    private long Now => world.Now;
}
