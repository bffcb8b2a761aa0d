namespace Pomegranate.Views;

/// <summary>What a <see cref="ViewNode"/> goes by.</summary>
/// <param name="LeaseLength">How long a lease lasts, from when it was asked for.</param>
/// <param name="Need">Of so many backends, how many know every acknowledged write together.</param>
/// <param name="MinimumBackends">How many backends a cluster needs before its first view.</param>
internal sealed record ViewSettings(TimeSpan LeaseLength, Func<int, int> Need, int MinimumBackends)
{
    /// <summary>Lost messages are sent again this often.</summary>
    public static readonly TimeSpan Resend = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a lease is asked for.</summary>
    public static readonly TimeSpan LeaseInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How much longer than its length a lease that was granted is counted: no two clocks of a cluster differ in rate by so
    /// much.
    /// </summary>
    public const double ClockMargin = 1.0 / 16;

    /// <summary>No longer lease is granted: the options allow a pause of 1 min and a stable time of as much.</summary>
    public static readonly TimeSpan LongestLease = TimeSpan.FromMinutes(2);

    /// <summary>The next proposer waits so long for the one before it.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(150);

    /// <summary>
    /// How long a vote may be left undecided, or the witnesses be others than those of the view, before the view is renewed
    /// with the same backends.
    /// </summary>
    public static readonly TimeSpan RenewAfter = TimeSpan.FromSeconds(1);

    /// <summary>So long after a death was proven it has been heard, if the dead and others had gone on without this node.</summary>
    public static readonly TimeSpan HeardWithin = TimeSpan.FromSeconds(2);

    /// <summary>How long after the loss of all others a backend that is told to stop still expects them back.</summary>
    public static readonly TimeSpan ReturnWithin = TimeSpan.FromSeconds(30);
}
