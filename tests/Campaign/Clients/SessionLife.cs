using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Clients;

/// <summary>
/// One session from its creation on: one client that does one thing after another, or several at once. Each client
/// takes the frontends in turn, as behind a balancer without stickiness.
/// </summary>
internal sealed class SessionLife(SessionClient session, int seed, int clients, LoadShape shape)
{
    /// <summary>How often a request with a key is sent in all while its outcome is not known.</summary>
    private const int TriesPerKey = 4;

    private bool _isAdrift;

    /// <returns>Whether there is a session that can be asked for: it was acknowledged, and its client knows its id.</returns>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        var created = await session.SendAsync(0, OperationKind.Create, null, seed, CancellationToken.None);
        if (created.Outcome != Outcome.Done)
        {
            await PauseAsync(shape.Pace.Next(Random.Shared), stop);
            return false;
        }

        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => RunAsync(client, stop)));
        if (_isAdrift || stop.IsCancellationRequested || seed % shape.EndedEvery != 0)
        {
            return !_isAdrift;
        }

        await session.SendAsync(0, OperationKind.End, null, seed + 1, CancellationToken.None);
        await ReadAsync();
        return shape.KeepsEnded;
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
        for (var i = 0; i < shape.Operations && !stop.IsCancellationRequested && !_isAdrift; i++)
        {
            var kind = Choose(random);
            var name = kind == OperationKind.Write ? $"c{client}-{register}" : null;
            var operation = await session.SendAsync(client, kind, name, seed + client + i, CancellationToken.None);
            if (kind == OperationKind.AppendKeyed)
            {
                await RepeatAsync(operation, client, seed + client + i, random, stop);
            }

            // Of a renewal without an answer only the old id is known, and that may have ended.
            _isAdrift |= kind == OperationKind.Renew && operation.Outcome is not (Outcome.Done or Outcome.NotSent);
            if (kind == OperationKind.Write && operation.Outcome != Outcome.Done)
            {
                // It may still come, at any time: from now on this register would prove nothing.
                register++;
            }

            await PauseAsync(shape.Pace.Next(random), stop);
        }
    }

    // A PUT that has its effect once although it ran again is promised where nobody else commits in between.
    private OperationKind Choose(Random random) => random.Next(100) switch
    {
        < 15 => OperationKind.AppendPost,
        < 33 => clients == 1 ? OperationKind.AppendPut : OperationKind.AppendPost,
        < 43 => OperationKind.AppendOnce,
        < 58 => OperationKind.AppendKeyed,
        < 76 => OperationKind.Write,
        < 77 => session.TryBeginRenewal() ? OperationKind.Renew : OperationKind.Read,
        < 78 => shape.Holds ? OperationKind.AppendHeld : OperationKind.AppendPost,
        < 80 => OperationKind.AppendLate,
        < 82 => shape.Holds ? OperationKind.Linger : OperationKind.Read,
        < 91 => OperationKind.Read,
        _ => OperationKind.Peek,
    };

    /// <summary>The same key through the other frontends: until there is an answer, and now and then once more.</summary>
    private async Task RepeatAsync(Operation first, int client, int frontend, Random random, CancellationToken stop)
    {
        var last = first;
        for (var tries = 1; tries < TriesPerKey && last.Outcome is Outcome.Maybe or Outcome.NotSent && !stop.IsCancellationRequested; tries++)
        {
            await PauseAsync(shape.Pace.Next(random) * tries, stop);
            last = await session.SendAsync(client, OperationKind.AppendKeyed, null, frontend + tries, CancellationToken.None, first.Number);
        }

        if (last.Outcome == Outcome.Done && random.Next(4) == 0)
        {
            await session.SendAsync(client, OperationKind.AppendKeyed, null, frontend + 1, CancellationToken.None, first.Number);
        }
    }
}
