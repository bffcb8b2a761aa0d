using Pomegranate.Backend.Replication;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// The file to which each commit is appended as a <see cref="DurableFrame"/>. An append has returned when it is on the
/// disk (fsync). Not thread-safe.
/// </summary>
internal sealed class DurableLog : IDisposable
{
    private readonly string _path;
    private readonly long _maxBytes;
    private FileStream _file;
    private string? _failure;
    private bool _isClosed;

    private DurableLog(string path, long maxBytes, FileStream file, long length)
    {
        (_path, _maxBytes, _file, Length) = (path, maxBytes, file, length);
        if (length == 0)
        {
            file.SetLength(0);
            file.Write(Magic);
            Length = Magic.Length;
        }
        else if (file.Length > length)
        {
            WasCutOff = file.Length - length;
            file.SetLength(length);
        }
    }

    private string PathOfNew => _path + ".new";

    /// <summary>What each log begins with; the byte before the last is the revision.</summary>
    public static ReadOnlySpan<byte> Magic => "POMLOG\u0001\n"u8;

    /// <summary>Where the last whole frame ends, and the next one begins.</summary>
    public long Length { get; private set; }

    public bool IsEmpty => Length == Magic.Length;

    /// <summary>Bytes of an unfinished, so unacknowledged, write that were dropped at the start.</summary>
    public long WasCutOff { get; }

    public bool IsClosed => _isClosed;

    /// <summary>Whether appends can succeed: it is open and its disk has not failed.</summary>
    public bool IsWritable => !_isClosed && _failure is null;

    /// <summary>Opens the log, or begins one, and reads what it holds.</summary>
    public static DurableLog Open(string path, long maxBytes, DurableContent content)
    {
        var file = OpenFile(path, FileMode.OpenOrCreate);
        try
        {
            return new DurableLog(path, maxBytes, file, DurableLogReader.Read(path, content));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>An empty file beside the log, for another log that <see cref="ReplaceBy"/> puts in its place.</summary>
    public FileStream OpenNew() => OpenFile(PathOfNew, FileMode.Create);

    /// <summary>Goes on with the new log; it is whole, and on the disk.</summary>
    public void ReplaceBy(FileStream file)
    {
        File.Move(PathOfNew, _path, overwrite: true);
        _file.Dispose();
        (_file, Length) = (file, file.Length);
    }

    /// <exception cref="DurableStoreException">Nothing of it was written.</exception>
    public void Append(byte[] frame)
    {
        if (!IsWritable)
        {
            throw new DurableStoreException(_failure ?? $"'{_path}' is closed: this backend stops.");
        }

        if (Length + frame.Length > _maxBytes)
        {
            throw Full($"It has {Length} bytes and may have {_maxBytes}.");
        }

        try
        {
            _file.Position = Length;
            _file.Write(frame);
        }
        catch (IOException failure)
        {
            CutOff();
            throw Full(failure.Message, failure);
        }

        try
        {
            _file.Flush(flushToDisk: true);
        }
        catch (IOException failure)
        {
            // What the disk holds after such an error nobody knows; a start reads it all and finds out.
            _failure = Broken(failure);
            throw new DurableStoreException(_failure, failure);
        }

        Length += frame.Length;
    }

    public void Dispose()
    {
        _isClosed = true;
        _file.Dispose();
    }

    /// <summary>No buffer of its own: what is written is the system's, and outlives a killed process.</summary>
    private static FileStream OpenFile(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    /// <summary>Half a frame must not stay before the next one.</summary>
    private void CutOff()
    {
        try
        {
            _file.SetLength(Length);
        }
        catch (IOException failure)
        {
            _failure = Broken(failure);
        }
    }

    private string Broken(IOException failure) =>
        $"The sessions can no longer be written to '{_path}': {failure.Message} Check the disk, then start this backend again.";

    private DurableStoreException Full(string reason, Exception? failure = null) => new(
        $"The sessions cannot be written to '{_path}': {reason} Free space there, or raise "
        + $"{ReplicationOptions.Section}:{nameof(ReplicationOptions.DurableMaxBytes)} if the file has reached it.", failure)
    {
        IsFull = true,
    };
}
