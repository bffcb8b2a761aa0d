using System.Buffers;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.State;
using Pomegranate.Wire;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// This backend's sessions on disk: one file to which each commit is appended as a <see cref="DurableFrame"/>. It is
/// read whole when it is opened, so that damage is found before the node joins. A write has returned when it is on the
/// disk (fsync). Thread-safe.
/// </summary>
/// <remarks>
/// The last frame may be cut off by a death; it was not acknowledged and is dropped. Anything else that is not as it
/// was written is damage. When the file is mostly out of date, <see cref="Rewrite"/> makes a new one beside it.
/// </remarks>
internal sealed class DurableStore : IDisposable
{
    public const string FileName = "sessions.log";

    private const string LockName = "in-use.lock";
    private const int RewritePieceBytes = 1 << 20;

    /// <summary>Rewritten at twice what a rewrite would leave and this, so that a small file is left alone.</summary>
    private const long RewriteSlack = 64L << 20;

    private static ReadOnlySpan<byte> Magic => "POMLOG\u0001\n"u8;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly long _maxBytes;
    private readonly FileStream _inUse;
    private readonly Guid _id;
    private readonly Dictionary<int, SessionBucket> _buckets;
    private IReadOnlyCollection<string> _keys;
    private FileStream _file;
    private long _length;
    private long _rewriteAt;
    private List<byte[]>? _sinceRewriteBegan;
    private Task _rewrite = Task.CompletedTask;
    private string? _failure;
    private bool _isDisposed;

    private DurableStore(string path, long maxBytes, FileStream inUse, FileStream file)
    {
        (_path, _maxBytes, _inUse, _file) = (path, maxBytes, inUse, file);
        var content = new DurableContent();
        _length = Load(file, content);
        (_id, Roster, _keys, _buckets) = (content.Id, content.Roster, content.Keys, content.Buckets());
        _rewriteAt = Math.Max(2 * _length, RewriteSlack);
        if (file.Length > _length)
        {
            WasCutOff = file.Length - _length;
            file.SetLength(_length);
        }

        if (_id == default)
        {
            if (_length > Magic.Length)
            {
                throw new WireFormatException("It does not say which store it is.");
            }

            _id = Guid.NewGuid();
            var output = new ArrayBufferWriter<byte>();
            DurableContent.WriteId(output, _id);
            Append(output);
        }
    }

    /// <summary>Made when the store was new; a copy of a store that runs beside it would be counted as the same.</summary>
    public Guid Id => _id;

    /// <summary>Bytes of an unfinished, so unacknowledged, write that were dropped at the start.</summary>
    public long WasCutOff { get; }

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
    public Task Rewriting => _rewrite;

    /// <exception cref="DurableStoreException">Not a directory, not writable, in use, or damaged.</exception>
    public static DurableStore Open(string directory, long maxBytes)
    {
        var option = $"{ReplicationOptions.Section}:{nameof(ReplicationOptions.DurableDirectory)} is '{directory}' but";
        FileStream inUse;
        try
        {
            MakeDirectory(directory);
            inUse = new FileStream(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new DurableStoreException($"{option} cannot be written to: {failure.Message} Let this process's user write there, or name another directory.", failure);
        }
        catch (IOException failure) when (Directory.Exists(directory))
        {
            throw new DurableStoreException(
                $"{option} is in use by another process or takes no file: {failure.Message} Each backend needs a directory of its own: end the other process, or name another.", failure);
        }
        catch (IOException failure)
        {
            throw new DurableStoreException($"{option} is not a directory and cannot be made one: {failure.Message} Name a directory this process may write to.", failure);
        }

        var path = Path.Combine(directory, FileName);
        FileStream? file = null;
        try
        {
            file = OpenFile(path, FileMode.OpenOrCreate);
            return new DurableStore(path, maxBytes, inUse, file);
        }
        catch (Exception failure)
        {
            file?.Dispose();
            inUse.Dispose();
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
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        // It sees that this is disposed, and leaves the old file.
        _rewrite.Wait();
        _file.Dispose();
        _inUse.Dispose();
    }

    /// <summary>Sessions and keys are private: nobody but this user may read them.</summary>
    private static void MakeDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>No buffer of its own: what is written is the system's, and outlives a killed process.</summary>
    private static FileStream OpenFile(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    /// <summary>Reads all frames and returns where the last whole one ends.</summary>
    private static long Load(FileStream file, DurableContent content)
    {
        using var input = new BufferedStream(new FileStream(file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0), 1 << 20);
        var length = input.Length;
        var magic = new byte[Math.Min(Magic.Length, length)];
        input.ReadExactly(magic);
        if (!magic.AsSpan().SequenceEqual(Magic[..magic.Length]))
        {
            throw new WireFormatException("It is not a file of sessions of a revision that this build reads.");
        }

        if (length < Magic.Length)
        {
            file.SetLength(0);
            file.Write(Magic);
            return Magic.Length;
        }

        var header = new byte[DurableFrame.HeaderSize];
        long position = Magic.Length;
        while (position < length)
        {
            if (length - position < header.Length)
            {
                return position;
            }

            input.ReadExactly(header);
            if (DurableFrame.Length(header) is not { } size)
            {
                return IsZeroToTheEnd(header, input) ? position : throw Damage(position);
            }

            var end = position + DurableFrame.Overhead + size;
            if (end > length)
            {
                return position;
            }

            var payload = new byte[size];
            input.ReadExactly(payload);
            var endMark = (byte)input.ReadByte();
            if (!DurableFrame.IsWhole(header, payload, endMark))
            {
                // A power failure may leave the new length without the last of the data.
                return endMark == 0 && end == length ? position : throw Damage(position);
            }

            content.Read(payload);
            position = end;
        }

        return position;
    }

    private static bool IsZeroToTheEnd(byte[] header, BufferedStream input)
    {
        if (header.AsSpan().ContainsAnyExcept((byte)0))
        {
            return false;
        }

        int next;
        while ((next = input.ReadByte()) == 0)
        {
        }

        return next < 0;
    }

    private static WireFormatException Damage(long position) => new($"What is there from byte {position} on is not what was written.");

    private DurableStoreException Full(string reason, Exception? failure = null) => new(
        $"The sessions cannot be written to '{_path}': {reason} Free space there, or raise "
        + $"{ReplicationOptions.Section}:{nameof(ReplicationOptions.DurableMaxBytes)} if the file has reached it.", failure);

    private void Append(ArrayBufferWriter<byte> payload)
    {
        if (_isDisposed || _failure is not null)
        {
            throw new DurableStoreException(_failure ?? $"'{_path}' is closed: this backend stops.");
        }

        var frame = DurableFrame.Of(payload.WrittenSpan);
        if (_length + frame.Length > _maxBytes)
        {
            BeginRewrite();
            throw Full($"It has {_length} bytes and may have {_maxBytes}.");
        }

        try
        {
            _file.Position = _length;
            _file.Write(frame);
        }
        catch (IOException failure)
        {
            CutOff();
            BeginRewrite();
            throw Full(failure.Message, failure);
        }

        try
        {
            _file.Flush(flushToDisk: true);
        }
        catch (IOException failure)
        {
            // What the disk holds after such an error nobody knows; a start reads it all and finds out.
            _failure = $"The sessions can no longer be written to '{_path}': {failure.Message} Check the disk, then start this backend again.";
            throw new DurableStoreException(_failure, failure);
        }

        _length += frame.Length;
        _sinceRewriteBegan?.Add(frame);
        if (_length > _rewriteAt)
        {
            BeginRewrite();
        }
    }

    /// <summary>Half a frame must not stay before the next one.</summary>
    private void CutOff()
    {
        try
        {
            _file.SetLength(_length);
        }
        catch (IOException failure)
        {
            _failure = $"The sessions can no longer be written to '{_path}': {failure.Message} Check the disk, then start this backend again.";
        }
    }

    /// <summary>Beside the commits, which go on: what they append meanwhile is remembered and follows.</summary>
    private void BeginRewrite()
    {
        if (_sinceRewriteBegan is null && !_isDisposed && _length > 2 * RewritePieceBytes)
        {
            _sinceRewriteBegan = [];
            var (buckets, keys, roster) = (new Dictionary<int, SessionBucket>(_buckets), _keys, Roster);
            _rewrite = Task.Run(() => Rewrite(buckets, keys, roster));
        }
    }

    private void Rewrite(Dictionary<int, SessionBucket> buckets, IReadOnlyCollection<string> keys, IReadOnlyList<DurableReplica> roster)
    {
        var path = _path + ".new";
        FileStream? file = null;
        long? live = null;
        try
        {
            file = OpenFile(path, FileMode.Create);
            file.Write(Magic);
            var output = new ArrayBufferWriter<byte>();
            DurableContent.WriteId(output, _id);
            DurableContent.WriteRoster(output, roster);
            DurableContent.WriteKeys(output, keys);
            foreach (var (number, bucket) in buckets)
            {
                DurableContent.WriteChanges(output, number, SessionBucket.Empty, bucket);
                if (output.WrittenCount > RewritePieceBytes)
                {
                    file.Write(DurableFrame.Of(output.WrittenSpan));
                    output.ResetWrittenCount();
                }
            }

            file.Write(DurableFrame.Of(output.WrittenSpan));
            file.Flush(flushToDisk: true);
            var size = file.Length;
            lock (_gate)
            {
                if (_isDisposed || _failure is not null)
                {
                    file.Dispose();
                    return;
                }

                _sinceRewriteBegan!.ForEach(frame => file.Write(frame));
                file.Flush(flushToDisk: true);
                File.Move(path, _path, overwrite: true);
                _file.Dispose();
                (live, _file, _length) = (size, file, file.Length);
            }
        }
        catch (IOException)
        {
            // The old file is whole and goes on; the next commit that finds no room says so.
            file?.Dispose();
        }
        finally
        {
            lock (_gate)
            {
                _rewriteAt = Math.Max(2 * (live ?? _length), RewriteSlack);
                _sinceRewriteBegan = null;
            }
        }
    }
}
