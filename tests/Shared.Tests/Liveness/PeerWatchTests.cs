using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Pomegranate.Liveness;

namespace Pomegranate.Shared.Tests.Liveness;

public sealed class PeerWatchTests : IDisposable
{
    private const long Incarnation = 42;

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<PeerWatch.Note> _notes = Channel.CreateUnbounded<PeerWatch.Note>();
    private readonly FakePeer _peer = new(Incarnation);

    [Fact]
    public async Task RunAsync_ClosedAndRefused_Dead()
    {
        var watch = Start();
        await NoteAsync(PeerWatch.Note.Established);

        _peer.Die();

        var result = await watch.Within("the proof of death");
        Assert.Equal((PeerWatch.Ending.Dead, DeathEvidence.Refused), (result.Ending, result.Evidence));
    }

    [Fact]
    public async Task RunAsync_ResetAndRefused_Dead()
    {
        var watch = Start();
        await NoteAsync(PeerWatch.Note.Established);
        var connection = await _peer.AcceptedAsync();
        connection.LingerState = new LingerOption(true, 0);

        _peer.Die();

        Assert.Equal(PeerWatch.Ending.Dead, (await watch.Within("the proof of death")).Ending);
    }

    [Fact]
    public async Task RunAsync_ClosedAndSameIncarnation_FalseAlarmThenStillWatching()
    {
        var watch = Start();
        await NoteAsync(PeerWatch.Note.Established);

        (await _peer.AcceptedAsync()).Dispose();
        await NoteAsync(PeerWatch.Note.Closed);
        await NoteAsync(PeerWatch.Note.FalseAlarm);
        Assert.False(watch.IsCompleted);

        _peer.Die();
        Assert.Equal(PeerWatch.Ending.Dead, (await watch.Within("the proof of death after a false alarm")).Ending);
    }

    [Fact]
    public async Task RunAsync_ClosedAndOtherIncarnation_Dead()
    {
        var watch = Start();
        await NoteAsync(PeerWatch.Note.Established);
        _peer.Incarnation = Incarnation + 1;

        (await _peer.AcceptedAsync()).Dispose();

        var result = await watch.Within("the proof of death");
        Assert.Equal((PeerWatch.Ending.Dead, DeathEvidence.Replaced), (result.Ending, result.Evidence));
    }

    [Fact]
    public async Task RunAsync_ClosedAndMute_UndecidedUntilItGreets()
    {
        var watch = Start();
        await NoteAsync(PeerWatch.Note.Established);
        _peer.Incarnation = null;

        (await _peer.AcceptedAsync()).Dispose();

        // Stopped or starved: its kernel accepts, the process does not greet. Longer than the patience, and no verdict.
        await _peer.AcceptedAsync();
        await _peer.AcceptedAsync();
        await _peer.AcceptedAsync();
        Assert.False(watch.IsCompleted);

        _peer.Incarnation = Incarnation;
        await NoteAsync(PeerWatch.Note.Closed);
        await NoteAsync(PeerWatch.Note.FalseAlarm);
    }

    [Fact]
    public async Task RunAsync_Silence_ProvesNothing()
    {
        var time = new FakeTimeProvider();
        var watch = Start(time);
        await NoteAsync(PeerWatch.Note.Established);

        time.Advance(TimeSpan.FromDays(1));

        // It still listens: what comes first is the death itself.
        _peer.Die();
        await NoteAsync(PeerWatch.Note.Closed);
        Assert.Equal(PeerWatch.Ending.Dead, (await watch.Within("the proof of death")).Ending);
    }

    [Fact]
    public async Task RunAsync_NeverEstablished_ProvesNothing()
    {
        _peer.Die();

        var result = await Start().Within("the first connection's failure");

        Assert.Equal((PeerWatch.Ending.NotEstablished, ProbeOutcome.Refused), (result.Ending, result.FirstConnection));
    }

    [Fact]
    public async Task RunAsync_FirstGreetedByAnother_NotEstablished()
    {
        _peer.Incarnation = Incarnation + 1;

        var result = await Start().Within("the first connection's failure");

        Assert.Equal((PeerWatch.Ending.NotEstablished, ProbeOutcome.Other), (result.Ending, result.FirstConnection));
    }

    [Fact]
    public async Task RunAsync_PeerSpeaks_LostNotDead()
    {
        var watch = Start();
        await NoteAsync(PeerWatch.Note.Established);

        await (await _peer.AcceptedAsync()).SendAsync(new byte[] { 1 });

        Assert.Equal(PeerWatch.Ending.Lost, (await watch.Within("the watch's end")).Ending);
    }

    [Fact]
    public async Task RunAsync_Cancelled_Ends()
    {
        var watch = Start();
        await NoteAsync(PeerWatch.Note.Established);

        await _stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch.Within("the cancelled watch's end"));
    }

    [Fact]
    public async Task Rehearsal_EndsWithADeath()
    {
        var result = await LivenessRehearsal.RunAsync(TimeProvider.System, NullLogger.Instance).Within("the rehearsal's end");

        Assert.Equal((PeerWatch.Ending.Dead, DeathEvidence.Refused), (result?.Ending, result?.Evidence));
    }

    [Fact]
    public async Task Probe_FromAnAddressNoLongerOurs_IsALocalFailure()
    {
        // 192.0.2.0/24 is for documentation: no machine has it.
        var (outcome, _) = await LivenessProbe.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, _peer.Port), IPAddress.Parse("192.0.2.1"), Incarnation,
            TimeSpan.FromSeconds(5), TimeProvider.System, _stop.Token);

        Assert.Equal(ProbeOutcome.LocalFailure, outcome);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _peer.Dispose();
    }

    private Task<PeerWatch.Result> Start(TimeProvider? time = null) => new PeerWatch(time ?? TimeProvider.System)
        .RunAsync("127.0.0.1", _peer.Port, Incarnation, note => _notes.Writer.TryWrite(note), _stop.Token);

    private async Task NoteAsync(PeerWatch.Note expected) =>
        Assert.Equal(expected, await _notes.Reader.ReadAsync().AsTask().Within($"the note {expected}"));
}
