namespace Pomegranate.Liveness;

/// <summary>
/// Decides, from what the reconnect attempts met, whether a process that closed its liveness connection is dead.
/// Pure: the sockets and the clock are <see cref="PeerWatch"/>'s.
/// </summary>
/// <remarks>
/// <code>
/// connection closed by the peer's kernel
///   refused, or another incarnation              -> dead, whenever it is heard
///   the same incarnation                         -> alive: a false alarm
///   nothing but silence, or host unreachable,
///     twice and for 300 ms                       -> dead: the address died with the process
///   anything else                                -> ask again, and from then on silence proves nothing
/// </code>
/// The last line matters: once the host has answered, or we ourselves have failed, a later silence may be a partition
/// that came after the close.
/// </remarks>
internal sealed class DeathInquiry
{
    /// <summary>Time enough for any live kernel in one data centre to answer a SYN, and felt by nobody.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    // One late timer on a starved machine must not pass for the whole of the patience.
    private const int MinimumSilences = 2;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private int _attempts;
    private int _silences;
    private bool _silenceProves = true;

    /// <summary>How an inquiry stands after an attempt.</summary>
    public enum Verdict
    {
        AskAgain,
        Alive,
        Dead,
    }

    /// <summary>What proved the death; meaningful only after <see cref="Verdict.Dead"/>.</summary>
    public DeathEvidence Evidence { get; private set; }

    /// <summary>How long the next attempt may take: 100 ms, then 200 ms, which makes up the patience.</summary>
    public TimeSpan NextTimeout => _attempts == 0 ? Patience / 3 : Patience * 2 / 3;

    /// <summary>
    /// The wait before the next attempt: 5 ms at first, since a dying process closes its connections an instant
    /// before its listener, doubling up to 1 s.
    /// </summary>
    public TimeSpan NextPause
    {
        get
        {
            var pause = TimeSpan.FromMilliseconds(5) * Math.Pow(2, Math.Min(_attempts, 16) - 1);
            return pause < LongestPause ? pause : LongestPause;
        }
    }

    /// <param name="elapsed">Since the connection was closed.</param>
    public Verdict Hear(ProbeOutcome outcome, TimeSpan elapsed)
    {
        _attempts++;
        switch (outcome)
        {
            case ProbeOutcome.Same:
                return Verdict.Alive;
            case ProbeOutcome.Refused:
                Evidence = DeathEvidence.Refused;
                return Verdict.Dead;
            case ProbeOutcome.Other:
                Evidence = DeathEvidence.Replaced;
                return Verdict.Dead;
            case ProbeOutcome.HostUnreachable or ProbeOutcome.TimedOut:
                _silences++;
                Evidence = DeathEvidence.Vanished;
                return _silenceProves && _silences >= MinimumSilences && elapsed >= Patience ? Verdict.Dead : Verdict.AskAgain;
            default:
                _silenceProves = false;
                return Verdict.AskAgain;
        }
    }
}
