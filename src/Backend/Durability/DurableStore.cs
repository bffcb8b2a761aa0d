using System.Buffers;
using LightningDB;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Wire;
using static Pomegranate.Backend.Durability.DurableRecord;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// This backend's sessions on disk: an LMDB environment with a record for each session. It is read whole when it is
/// opened, so that damage is found before the node joins, and only written afterwards. A write has returned when it is
/// on the disk (fsync). Thread-safe.
/// </summary>
/// <remarks>
/// Every page carries a checksum, so a damaged one is an error and never other people's data. LMDB never overwrites a
/// page that the last commit refers to: a process killed in the middle of a write leaves the state before it.
/// </remarks>
internal sealed class DurableStore : IDisposable
{
    private const string FileName = "data.mdb";
    private const string LockName = "in-use.lock";

    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly FileStream _inUse;
    private readonly LightningEnvironment _environment;
    private readonly LightningDatabase _database;
    private string? _failure;
    private bool _isDisposed;

    private DurableStore(string directory, FileStream inUse, LightningEnvironment environment, LightningDatabase database)
    {
        (_directory, _inUse, _environment, _database) = (directory, inUse, environment, database);
        try
        {
            Content = Load();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Made when the store was new; a copy of a store that runs beside it would be counted as the same.</summary>
    public Guid Id { get; private set; }

    /// <summary>The replicas that together hold every acknowledged change; empty in a new store.</summary>
    public IReadOnlyList<DurableReplica> Roster { get; private set; } = [];

    /// <summary>What it held when it was opened; taken once.</summary>
    public DurableContent Content { get; private set; }

    /// <exception cref="DurableStoreException">Not a directory, not writable, in use, or damaged.</exception>
    public static DurableStore Open(string directory, long maxBytes)
    {
        const string Option = $"{ReplicationOptions.Section}:{nameof(ReplicationOptions.DurableDirectory)}";
        FileStream inUse;
        try
        {
            MakeDirectory(directory);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DurableStoreException(
                $"{Option} is '{directory}' but is not a directory that can be made or used: {failure.Message} Name a directory this process may write to.", failure);
        }

        try
        {
            inUse = new FileStream(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new DurableStoreException(
                $"{Option} is '{directory}' but cannot be written to: {failure.Message} Let this process's user write there, or name another directory.", failure);
        }
        catch (IOException failure)
        {
            throw new DurableStoreException(
                $"{Option} is '{directory}' but is in use by another process or cannot be locked: {failure.Message} "
                + "Each backend needs a directory of its own; end the other process, or name another.", failure);
        }

        try
        {
            return OpenEnvironment(directory, maxBytes, inUse);
        }
        catch (Exception failure) when (failure is LightningException or WireFormatException or ArgumentException or IOException)
        {
            inUse.Dispose();
            var code = (failure as LightningException)?.StatusCode;
            throw code is (int)MDBResultCode.OutOfPaper or (int)MDBResultCode.MapFull ? Full(directory, failure) : Damaged(directory, failure.Message, failure);
        }
        catch
        {
            inUse.Dispose();
            throw;
        }
    }

    /// <summary>Whose copies count from now on; on disk when it returns.</summary>
    public void SaveRoster(IReadOnlyCollection<DurableReplica> roster)
    {
        lock (_gate)
        {
            Commit(transaction => PutRoster(transaction, roster));
            Roster = [.. roster];
        }
    }

    /// <summary>Writes what differs between two states of the buckets, and the keys unless null, as one commit.</summary>
    /// <exception cref="DurableStoreException">Nothing of it was written.</exception>
    public void Write(IEnumerable<(int Number, SessionBucket Old, SessionBucket New)> buckets, IReadOnlyCollection<string>? keys)
    {
        lock (_gate)
        {
            Commit(transaction =>
            {
                foreach (var (number, old, @new) in buckets)
                {
                    PutBucket(transaction, number, old, @new);
                }

                if (keys is not null)
                {
                    Put(transaction, Name(KeysKind), writer =>
                    {
                        writer.Count(keys.Count);
                        foreach (var key in keys)
                        {
                            writer.String(key);
                        }
                    });
                }
            });
        }
    }

    /// <summary>The replicator has what was loaded; from here it need not be held twice.</summary>
    public DurableContent TakeContent()
    {
        var content = Content;
        Content = DurableContent.Empty;
        return content;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _database.Dispose();
                _environment.Dispose();
                _inUse.Dispose();
            }
        }
    }

    /// <summary>The sessions' content is private, and so are the keys: nobody but this user may read them.</summary>
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

    private static DurableStore OpenEnvironment(string directory, long maxBytes, FileStream inUse)
    {
        var file = Path.Combine(directory, FileName);
        var length = File.Exists(file) ? new FileInfo(file).Length : 0;
        var environment = new LightningEnvironment(directory, new EnvironmentConfiguration
        {
            MapSize = Math.Max(maxBytes, length),
            Checksum = new Sha256Checksum(),
        });
        try
        {
            environment.Open(EnvironmentOpenFlags.None, UnixAccessMode.OwnerRead | UnixAccessMode.OwnerWrite);

            // LMDB maps the file: a page behind its end would end this process by a signal instead of an error.
            var needed = (environment.Info.LastPageNumber + 1) * environment.EnvironmentStats.PageSize;
            if (length > 0 && length < needed)
            {
                throw new WireFormatException($"The file has {length} bytes and should have {needed}: its end is missing.");
            }

            using var transaction = environment.BeginTransaction();
            var database = transaction.OpenDatabase();
            transaction.Commit().ThrowOnError();
            return new DurableStore(directory, inUse, environment, database);
        }
        catch
        {
            environment.Dispose();
            throw;
        }
    }

    private static DurableStoreException Damaged(string directory, string reason, Exception failure) => new(
        $"The sessions in '{Path.Combine(directory, FileName)}' cannot be read, so this backend does not start: {reason} "
        + "Move the directory away and start again: the backend then copies everything from the others. "
        + "Keep what you moved until all others run.", failure);

    private static DurableStoreException Full(string directory, Exception failure) => new(
        $"There is no room for the sessions in '{directory}': {failure.Message} Free space on that disk, or raise "
        + $"{ReplicationOptions.Section}:{nameof(ReplicationOptions.DurableMaxBytes)} if the file has reached it.", failure);

    private DurableContent Load()
    {
        var horizons = new Dictionary<int, long>();
        var sessions = new Dictionary<int, List<KeyValuePair<SessionId, SessionEntry>>>();
        string[] keys = [];
        using (var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly))
        using (var cursor = transaction.CreateCursor(_database))
        {
            var (result, name, value) = cursor.First();
            for (; result != MDBResultCode.NotFound; (result, name, value) = cursor.Next())
            {
                result.ThrowOnError();
                Read(name.AsSpan(), value.AsSpan(), horizons, sessions, ref keys);
            }
        }

        if (Id == default)
        {
            if (sessions.Count > 0)
            {
                throw new WireFormatException("It holds sessions, but not which store it is.");
            }

            Id = Guid.NewGuid();
            Commit(transaction => Put(transaction, Name(IdentityKind), writer =>
            {
                writer.Byte(Revision);
                writer.Bytes(Id.ToByteArray());
            }));
        }

        var buckets = horizons.Keys.Union(sessions.Keys).ToDictionary(
            number => number,
            number => SessionBucket.Of(horizons.GetValueOrDefault(number, long.MinValue), sessions.GetValueOrDefault(number) ?? []));
        return new DurableContent(buckets, keys);
    }

    private void Read(
        ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Dictionary<int, long> horizons,
        Dictionary<int, List<KeyValuePair<SessionId, SessionEntry>>> sessions, ref string[] keys)
    {
        var reader = new WireReader(value);
        switch (name[0])
        {
            case IdentityKind:
                var revision = reader.Byte();
                if (revision != Revision)
                {
                    throw new WireFormatException($"Its revision is {revision}; this build reads revision {Revision}.");
                }

                Id = new Guid(reader.Bytes());
                break;
            case RosterKind:
                Roster = DurableIdentity.ReadRoster(ref reader);
                break;
            case KeysKind:
                keys = new string[reader.Count()];
                for (var i = 0; i < keys.Length; i++)
                {
                    keys[i] = reader.String();
                }

                break;
            case HorizonKind:
                horizons[ReadBucket(name)] = reader.Int64();
                break;
            case SessionKind:
                var (bucket, id) = ReadName(name);
                if (!sessions.TryGetValue(bucket, out var list))
                {
                    sessions.Add(bucket, list = []);
                }

                list.Add(new(id, SessionFormat.ReadEntry(ref reader)));
                break;
            default:
                throw new WireFormatException($"A record of kind {name[0]} is not known to this build.");
        }

        reader.End();
    }

    /// <summary>Both are sorted, and what did not change is the same object.</summary>
    private void PutBucket(LightningTransaction transaction, int number, SessionBucket old, SessionBucket @new)
    {
        if (@new.Horizon != old.Horizon)
        {
            Put(transaction, Name(HorizonKind, number), writer => writer.Int64(@new.Horizon));
        }

        foreach (var (id, entry) in @new.Entries)
        {
            if (!ReferenceEquals(old.Find(id), entry))
            {
                Put(transaction, Name(number, id), writer => SessionFormat.WriteEntry(writer, entry));
            }
        }

        foreach (var (id, _) in old.Entries)
        {
            if (@new.Find(id) is null)
            {
                transaction.Delete(_database, Name(number, id)).ThrowOnError();
            }
        }
    }

    private void PutRoster(LightningTransaction transaction, IReadOnlyCollection<DurableReplica> roster) =>
        Put(transaction, Name(RosterKind), writer => DurableIdentity.WriteRoster(writer, roster));

    private void Put(LightningTransaction transaction, byte[] name, WriteValue write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new WireWriter(buffer));
        transaction.Put(_database, name, buffer.WrittenSpan).ThrowOnError();
    }

    private void Commit(Action<LightningTransaction> change)
    {
        if (_isDisposed || _failure is not null)
        {
            throw new DurableStoreException(_failure ?? $"The sessions in '{_directory}' are no longer written: this backend stops.");
        }

        try
        {
            using var transaction = _environment.BeginTransaction();
            change(transaction);
            transaction.Commit().ThrowOnError();
        }
        catch (LightningException failure)
        {
            if (failure.StatusCode is (int)MDBResultCode.MapFull or (int)MDBResultCode.OutOfPaper or (int)MDBResultCode.TxnFull)
            {
                throw Full(_directory, failure);
            }

            // What the disk holds after such an error nobody knows; a start reads it all and finds out.
            _failure = $"The sessions in '{_directory}' can no longer be written: {failure.Message} Check the disk, then start this backend again.";
            throw new DurableStoreException(_failure, failure);
        }
    }

    private delegate void WriteValue(WireWriter writer);
}
