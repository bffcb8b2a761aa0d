namespace Pomegranate.Backend.Replication;

/// <summary>
/// How many must acknowledge a write, and how many know all that was acknowledged. The voters are the backends of the
/// current view: one that has just joined holds nothing, so its word counts neither for a write nor for a read until it is in.
/// </summary>
internal static class Quorum
{
    /// <summary>How many of <paramref name="voters"/> voters a write needs.</summary>
    public static int WriteSize(ReplicationOptions options, int voters) => Math.Max(1, options.Level switch
    {
        ReplicationLevel.Majority => Majority(voters),
        ReplicationLevel.All => voters,
        ReplicationLevel.Copies => Math.Min(options.Copies, voters),
        _ => 1,
    });

    /// <summary>
    /// Any so many of <paramref name="voters"/> voters know every acknowledged write: each has one who acknowledged it. Of a
    /// write that its home alone need hold nobody else need know, so that a majority may go on without a home that hangs.
    /// </summary>
    public static int ReadSize(ReplicationOptions options, int voters) =>
        voters + 1 - (WriteSize(options, voters) is > 1 and var written ? written : Majority(voters));

    /// <summary>How many must hold a home's claim: each write's quorum has one of them, whatever the level.</summary>
    public static int ClaimSize(ReplicationOptions options, int voters) => Math.Max(WriteSize(options, voters), ReadSize(options, voters));

    public static int Majority(int voters) => (voters / 2) + 1;
}
