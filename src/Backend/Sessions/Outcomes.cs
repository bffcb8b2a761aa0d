using System.Globalization;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// A session's last outcomes: attributes under keys that no app can use, so they are replicated in the commit that they
/// are the outcome of, and merged by the same rule.
/// </summary>
/// <remarks>
/// A ring of so many keys: a key of its own for each outcome would leave the mark of its removal for ever.
/// </remarks>
internal static class Outcomes
{
    /// <summary>Sorts after <see cref="LastRequest.Key"/> and before every key an app may use.</summary>
    private const string Prefix = "\0outcome-";

    public static bool IsKey(string key) => key.StartsWith(Prefix, StringComparison.Ordinal);

    public static Outcome? Find(SessionEntry? entry, RequestId request) =>
        In(entry).Select(kept => kept.Value).LastOrDefault(o => o.Request == request);

    /// <param name="isForAll">Whether all endpoints heed keys; else one that heeds none may have been sent the same.</param>
    public static Outcome? Find(SessionEntry? entry, IdempotencyKey key, bool isForAll = true) =>
        In(entry).Select(kept => kept.Value).LastOrDefault(o => o.Key?.Key == key.Key && (isForAll || o.Key.Target == key.Target));

    /// <summary>The number of the outcome after those that the session has.</summary>
    public static ulong Next(SessionEntry? entry) => In(entry).Select(kept => kept.Value.Number + 1).LastOrDefault();

    /// <summary>
    /// What to commit so that the session has one outcome more: it, without its answer if that is too long, and those
    /// before it that must give up their answers for it.
    /// </summary>
    public static IEnumerable<SessionAttribute> Add(SessionEntry? entry, Outcome outcome, SessionVersion version, ClusterSessionOptions options)
    {
        var slot = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{outcome.Number % (ulong)options.MaxOutcomes}");
        var bytes = outcome.ToBytes();
        if (bytes.Length > options.MaxOutcomeBytes)
        {
            bytes = outcome.WithoutAnswer().ToBytes();
        }

        yield return new(slot, version, bytes);
        var together = bytes.Length;
        foreach (var (key, older) in In(entry).Where(kept => kept.Key != slot && kept.Value.IsAnswered).Reverse())
        {
            together += older.ReplyBytes.Length;
            if (together > options.MaxOutcomeBytes)
            {
                yield return new(key, version, older.WithoutAnswer().ToBytes());
            }
        }
    }

    /// <summary>With their keys, oldest first.</summary>
    private static IEnumerable<KeyValuePair<string, Outcome>> In(SessionEntry? entry)
    {
        // Sessions without outcomes, nearly all, cost a look at the first keys, and that for each request.
        if (entry is null || !HasAny(entry))
        {
            return [];
        }

        return entry.Attributes.TakeWhile(a => LastRequest.IsReserved(a.Key)).Where(a => IsKey(a.Key) && a.Value is not null)
            .Select(a => (a.Key, Outcome: Outcome.Read(a.Value)))
            .Where(kept => kept.Outcome is not null)
            .Select(kept => KeyValuePair.Create(kept.Key, kept.Outcome!))
            .OrderBy(kept => kept.Value.Number);
    }

    private static bool HasAny(SessionEntry entry)
    {
        foreach (var attribute in entry.Attributes)
        {
            if (!LastRequest.IsReserved(attribute.Key))
            {
                break;
            }

            if (IsKey(attribute.Key))
            {
                return true;
            }
        }

        return false;
    }
}
