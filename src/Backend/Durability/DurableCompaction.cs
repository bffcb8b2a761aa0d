namespace Pomegranate.Backend.Durability;

/// <summary>
/// Writes a log that is mostly out of date anew, beside the commits, which go on: what they append meanwhile is
/// remembered and follows.
/// </summary>
/// <param name="log">The log that the new one takes the place of.</param>
/// <param name="gate">What guards the log. Members are used with it held, but for <see cref="Latest"/>.</param>
internal sealed class DurableCompaction(DurableLog log, Lock gate)
{
    /// <summary>A log no longer than this gains nothing.</summary>
    private const long Small = 2L << 20;

    /// <summary>Due at twice what a compaction would leave and this, so that a small log is left alone.</summary>
    private const long Slack = 64L << 20;

    private long _dueAt = DueAfter(log.Length);
    private List<byte[]>? _sinceItBegan;

    /// <summary>The last one; done when that is over.</summary>
    public Task Latest { get; private set; } = Task.CompletedTask;

    public bool IsDue => log.Length > _dueAt;

    /// <summary>None runs, and there may be something to gain.</summary>
    public bool CanBegin => _sinceItBegan is null && !log.IsClosed && log.Length > Small;

    /// <summary>The log has this frame more.</summary>
    public void Appended(byte[] frame) => _sinceItBegan?.Add(frame);

    /// <param name="snapshot">What the log holds now.</param>
    public void Begin(DurableSnapshot snapshot)
    {
        _sinceItBegan = [];
        Latest = Task.Run(() => Run(snapshot));
    }

    private static long DueAfter(long length) => Math.Max(2 * length, Slack);

    private void Run(DurableSnapshot snapshot)
    {
        FileStream? file = null;
        long? live = null;
        try
        {
            file = log.OpenNew();
            snapshot.WriteTo(file);
            file.Flush(flushToDisk: true);
            var size = file.Length;
            lock (gate)
            {
                if (!log.IsWritable)
                {
                    file.Dispose();
                    return;
                }

                _sinceItBegan!.ForEach(frame => file.Write(frame));
                file.Flush(flushToDisk: true);
                log.ReplaceBy(file);
                live = size;
            }
        }
        catch (IOException)
        {
            // The old file is whole and goes on; the next commit that finds no room says so.
            file?.Dispose();
        }
        finally
        {
            lock (gate)
            {
                _dueAt = DueAfter(live ?? log.Length);
                _sinceItBegan = null;
            }
        }
    }
}
