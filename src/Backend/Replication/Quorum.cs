namespace Pomegranate.Backend.Replication;

/// <summary>
/// Who must acknowledge a write. The voters are the backends whose replicas are complete, this one among them: one
/// that has just joined holds nothing, so its word counts neither for a write nor for a read until it is complete.
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

    public static int Majority(int voters) => (voters / 2) + 1;
}
