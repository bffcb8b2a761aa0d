using FsCheck;
using FsCheck.Fluent;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.State;

/// <summary>
/// Entries and buckets as homes make them: few ids, keys, writers and versions, so that they collide; a version of a
/// writer writes a key once; a removal is stamped after every access of its session; a horizon passes a session whole,
/// never between two accesses of it (see SessionBucket's remarks).
/// </summary>
public static class StateGenerators
{
    private static readonly string[] Keys = ["a", "b", "cart", "ü"];

    internal static readonly SessionId[] Ids = [new(1, 1), new(1, 2), new(7, 3)];

    internal static Gen<SessionVersion> Version =>
        from epoch in Gen.Choose(1, 3)
        from sequence in Gen.Choose(1, 3)
        from writer in Gen.Choose(1, 2)
        select new SessionVersion((uint)epoch, (uint)sequence, (ulong)writer);

    internal static Gen<SessionAttribute> Attribute =>
        from key in Gen.Elements(Keys)
        from version in Version
        from removed in Gen.Choose(0, 3)
        select new SessionAttribute(key, version, removed == 0 ? null : ValueOf(key, version));

    internal static Gen<SessionEntry> Entry =>
        from version in Version
        from cleared in Gen.Frequency((3, Gen.Constant(default(SessionVersion))), (1, Version))
        from access in Gen.Choose(100, 199)
        from attributes in Gen.ListOf(Attribute)
        from removed in Gen.Choose(0, 9)
        from removedAt in Gen.Choose(200, 299)
        select removed == 0
            ? SessionEntry.Removed(version, removedAt)
            : SessionEntry.Live(version, cleared, access, attributes.Where(a => a.Version > cleared).DistinctBy(a => a.Key));

    internal static Gen<SessionBucket> Bucket =>
        from entries in Gen.ListOf(Gen.Zip(Gen.Elements(Ids), Entry))
        from horizon in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(200, 320)))
        select SessionBucket.Of(horizon, entries.Select(e => KeyValuePair.Create(e.Item1, e.Item2)).DistinctBy(e => e.Key));

    /// <summary>One version writes one value.</summary>
    private static byte[] ValueOf(string key, SessionVersion version) =>
        [(byte)key[0], (byte)version.Epoch, (byte)version.Sequence, (byte)version.Writer];
}
