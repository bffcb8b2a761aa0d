using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Clients;

/// <summary>
/// One session from its creation on: one client that does one thing after another, or several at once. Each client
/// takes the frontends in turn, as behind a balancer without stickiness.
/// </summary>
internal sealed class SessionLife(SessionClient session, int seed, int clients, TimeSpan think)
{
    /// <summary>A session's log is bounded so that every answer can hold it whole.</summary>
    private const int OperationsPerClient = 80;

    /// <returns>Whether there is a session: its creation was acknowledged.</returns>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        var created = await session.SendAsync(0, OperationKind.Create, null, seed, CancellationToken.None);
        if (created.Outcome != Outcome.Done)
        {
            await PauseAsync(think, stop);
            return false;
        }

        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => RunAsync(client, stop)));
        return true;
    }

    /// <summary>Reads the session one more time.</summary>
    public Task<Operation> ReadAsync() => session.SendAsync(0, OperationKind.Read, null, seed, CancellationToken.None);

    private static async Task PauseAsync(TimeSpan pause, CancellationToken stop)
    {
        try
        {
            await Task.Delay(pause, stop);
        }
        catch (OperationCanceledException)
        {
            // The load ends; so does the pause.
        }
    }

    private async Task RunAsync(int client, CancellationToken stop)
    {
        var random = new Random(HashCode.Combine(seed, client));
        var register = 0;
        for (var i = 0; i < OperationsPerClient && !stop.IsCancellationRequested; i++)
        {
            var kind = Choose(random);
            var name = kind == OperationKind.Write ? $"c{client}-{register}" : null;
            var operation = await session.SendAsync(client, kind, name, seed + client + i, CancellationToken.None);
            if (kind == OperationKind.Write && operation.Outcome != Outcome.Done)
            {
                // It may still come, at any time: from now on this register would prove nothing.
                register++;
            }

            await PauseAsync(think * (random.NextDouble() * 2), stop);
        }
    }

    // A PUT that has its effect once although it ran again is promised where nobody else commits in between.
    private OperationKind Choose(Random random) => random.Next(100) switch
    {
        < 25 => OperationKind.AppendPost,
        < 50 => clients == 1 ? OperationKind.AppendPut : OperationKind.AppendPost,
        < 75 => OperationKind.Write,
        < 88 => OperationKind.Read,
        _ => OperationKind.Peek,
    };
}
