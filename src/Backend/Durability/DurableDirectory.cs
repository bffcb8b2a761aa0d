using Pomegranate.Backend.Replication;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// The directory of a backend's sessions, this process's alone until it is disposed: two that append to one log would
/// damage it.
/// </summary>
internal sealed class DurableDirectory : IDisposable
{
    private const string LockName = "in-use.lock";

    private readonly string _path;
    private readonly FileStream _inUse;

    private DurableDirectory(string path, FileStream inUse) => (_path, _inUse) = (path, inUse);

    /// <exception cref="DurableStoreException">Not a directory, not writable, or in use.</exception>
    public static DurableDirectory Take(string path)
    {
        var option = $"{ReplicationOptions.Section}:{nameof(ReplicationOptions.DurableDirectory)} is '{path}' but";
        try
        {
            Make(path);
            return new DurableDirectory(path, new FileStream(
                Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new DurableStoreException($"{option} cannot be written to: {failure.Message} Let this process's user write there, or name another directory.", failure);
        }
        catch (IOException failure) when (Directory.Exists(path))
        {
            throw new DurableStoreException(
                $"{option} is in use by another process or takes no file: {failure.Message} Each backend needs a directory of its own: end the other process, or name another.", failure);
        }
        catch (IOException failure)
        {
            throw new DurableStoreException($"{option} is not a directory and cannot be made one: {failure.Message} Name a directory this process may write to.", failure);
        }
    }

    public string PathOf(string file) => Path.Combine(_path, file);

    public void Dispose() => _inUse.Dispose();

    /// <summary>Sessions and keys are private: nobody but this user may read them.</summary>
    private static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
