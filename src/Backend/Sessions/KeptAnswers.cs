using System.Collections.Concurrent;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// The answers that this node keeps in case a frontend has not got them and asks again: of each frontend the last
/// <see cref="MostAnswers"/>. Thread-safe.
/// </summary>
/// <remarks>
/// By frontend, because only the way to a frontend loses answers, and then no new requests come from it: what it can ask
/// after is what it had in flight, however busy other frontends keep this node. By the node and not by the session: with
/// 256 answers a session, 1,000 busy sessions kept 400 MB of them, the garbage collector moved each of these twice, and
/// its pauses were half of the 99th percentile (docs/performance.md).
/// </remarks>
internal sealed class KeptAnswers(TimeProvider time)
{
    /// <summary>Answers kept for one frontend; one that waits for more of them from one node is rare.</summary>
    internal const int MostAnswers = 4096;

    /// <summary>Bytes of their bodies.</summary>
    internal const int MostBytes = 8 * 1024 * 1024;

    /// <summary>Whoever has asked for nothing for so long has nothing in flight, or lives no more.</summary>
    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<ulong, Ring> _rings = new();

    /// <param name="frontend">Whose request it was: <see cref="Pomegranate.Gateway.RequestId.Frontend"/>.</param>
    public void Keep(ulong frontend, RequestLedger.Item answered)
    {
        if (!_rings.TryGetValue(frontend, out var ring))
        {
            foreach (var (other, its) in _rings)
            {
                if (time.GetElapsedTime(its.UsedAt) > Unused)
                {
                    _rings.TryRemove(other, out _);
                }
            }

            ring = _rings.GetOrAdd(frontend, static _ => new Ring());
        }

        ring.UsedAt = time.GetTimestamp();
        ring.Keep(answered);
    }

    private sealed class Ring
    {
        private readonly Queue<RequestLedger.Item> _items = [];
        private int _bytes;

        public long UsedAt { get; set; }

        public void Keep(RequestLedger.Item answered)
        {
            lock (_items)
            {
                _items.Enqueue(answered);
                _bytes += answered.BodyBytes;
                while ((_items.Count > MostAnswers || _bytes > MostBytes) && _items.TryDequeue(out var oldest))
                {
                    _bytes -= oldest.BodyBytes;
                    oldest.ForgetReply();
                }
            }
        }
    }
}
