using System.Buffers;
using Pomegranate.Backend.State;
using Pomegranate.Wire;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// This backend's sessions on disk: what they are now, and a <see cref="DurableLog"/> of how they became so. The log is
/// read whole when it is opened, so that damage is found before the node joins. A write has returned when it is on the
/// disk. When the log is mostly out of date, a <see cref="DurableCompaction"/> makes a new one beside it. Thread-safe.
/// </summary>
internal sealed class DurableStore : IDisposable
{
    public const string FileName = "sessions.log";

    private readonly Lock _gate = new();
    private readonly DurableDirectory _directory;
    private readonly DurableLog _log;
    private readonly DurableCompaction _compaction;
    private readonly Dictionary<int, SessionBucket> _buckets;
    private IReadOnlyCollection<string> _keys;

    private DurableStore(DurableDirectory directory, DurableLog log, DurableContent content)
    {
        (_directory, _log, _compaction) = (directory, log, new DurableCompaction(log, _gate));
        (Id, Roster, _keys, _buckets) = (content.Id, content.Roster, content.Keys, content.Buckets());
        if (Id == default)
        {
            if (!log.IsEmpty)
            {
                throw new WireFormatException("It does not say which store it is.");
            }

            Id = Guid.NewGuid();
            var output = new ArrayBufferWriter<byte>();
            DurableContent.WriteId(output, Id);
            Append(output);
        }
    }

    /// <summary>Made when the store was new; a copy of a store that runs beside it would be counted as the same.</summary>
    public Guid Id { get; }

    /// <summary>Bytes of an unfinished, so unacknowledged, write that were dropped at the start.</summary>
    public long WasCutOff => _log.WasCutOff;

    /// <summary>The replicas that together hold every acknowledged change; empty in a new store.</summary>
    public IReadOnlyList<DurableReplica> Roster { get; private set; }

    public IReadOnlyCollection<string> Keys
    {
        get
        {
            lock (_gate)
            {
                return _keys;
            }
        }
    }

    /// <summary>The last time the file was written anew; done when that is over.</summary>
    public Task Rewriting => _compaction.Latest;

    /// <exception cref="DurableStoreException">Not a directory, not writable, in use, or damaged.</exception>
    public static DurableStore Open(string directory, long maxBytes)
    {
        var taken = DurableDirectory.Take(directory);
        var path = taken.PathOf(FileName);
        DurableLog? log = null;
        try
        {
            var content = new DurableContent();
            log = DurableLog.Open(path, maxBytes, content);
            return new DurableStore(taken, log, content);
        }
        catch (Exception failure)
        {
            log?.Dispose();
            taken.Dispose();
            throw failure is not (WireFormatException or ArgumentException or IOException or UnauthorizedAccessException) ? failure : new DurableStoreException(
                $"The sessions in '{path}' cannot be read, so this backend does not start: {failure.Message} "
                + "Move the directory away and start again: the backend then copies everything from the others. Keep what you moved until they all run.", failure);
        }
    }

    /// <summary>A copy of what is on disk now.</summary>
    public Dictionary<int, SessionBucket> Buckets()
    {
        lock (_gate)
        {
            return new(_buckets);
        }
    }

    /// <summary>Whose copies count from now on; on disk when it returns.</summary>
    /// <exception cref="DurableStoreException">It was not written.</exception>
    public void SaveRoster(IReadOnlyCollection<DurableReplica> roster)
    {
        lock (_gate)
        {
            var output = new ArrayBufferWriter<byte>();
            DurableContent.WriteRoster(output, roster);
            Append(output);
            Roster = [.. roster];
            CompactIfDue();
        }
    }

    /// <summary>Writes what differs from what is on disk, as one commit. The keys are left as they are if null.</summary>
    /// <exception cref="DurableStoreException">Nothing of it was written.</exception>
    public void Write(IReadOnlyCollection<KeyValuePair<int, SessionBucket>> buckets, IReadOnlyCollection<string>? keys)
    {
        lock (_gate)
        {
            var output = new ArrayBufferWriter<byte>();
            foreach (var (number, bucket) in buckets)
            {
                DurableContent.WriteChanges(output, number, _buckets.GetValueOrDefault(number, SessionBucket.Empty), bucket);
            }

            if (keys is not null)
            {
                DurableContent.WriteKeys(output, keys);
            }

            if (output.WrittenCount > 0)
            {
                Append(output);
            }

            foreach (var (number, bucket) in buckets)
            {
                _buckets[number] = bucket;
            }

            _keys = keys ?? _keys;
            CompactIfDue();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _log.Dispose();
        }

        // It sees that the log is closed, and leaves it as it is.
        _compaction.Latest.Wait();
        _directory.Dispose();
    }

    private void Append(ArrayBufferWriter<byte> payload)
    {
        var frame = DurableFrame.Of(payload.WrittenSpan);
        try
        {
            _log.Append(frame);
        }
        catch (DurableStoreException failure) when (failure.IsFull)
        {
            BeginCompaction();
            throw;
        }

        _compaction.Appended(frame);
    }

    /// <summary>After a commit, not before it is part of what this knows: the snapshot would lack it, and it came too early to follow.</summary>
    private void CompactIfDue()
    {
        if (_compaction.IsDue)
        {
            BeginCompaction();
        }
    }

    private void BeginCompaction()
    {
        if (_compaction.CanBegin)
        {
            _compaction.Begin(new(Id, Roster, _keys, new Dictionary<int, SessionBucket>(_buckets)));
        }
    }
}
