using System.Globalization;

namespace Pomegranate.Campaign.Nodes;

/// <summary>
/// A disk of its own for each backend, for its sessions: a file system in a file, mounted by a loop device, so that it
/// can be slow, stuck, full or damaged while the others are well. Linux and root; <c>mkfs.ext4</c>, <c>mount</c>,
/// <c>fsfreeze</c>.
/// </summary>
/// <remarks>
/// Slow and stuck are the kernel's own freeze (<c>FIFREEZE</c>): a write waits in the kernel until the thaw, as behind a
/// disk that does not answer. Not device-mapper's delay: it is not in every kernel. Full is ENOSPC.
/// </remarks>
internal sealed class DiskLab : IDisposable
{
    private const long Bytes = 128L << 20;
    private const string Filler = "filler";
    private readonly Lock _lock = new();
    private readonly HashSet<string> _frozen = [];
    private readonly IReadOnlyList<string> _nodes;
    private readonly string _images;

    /// <param name="images">A directory for the files that the file systems are in.</param>
    public DiskLab(IReadOnlyList<string> nodes, string images)
    {
        (_nodes, _images) = (nodes, images);
        RemoveOrphans();
        Directory.CreateDirectory(images);
        try
        {
            foreach (var node in nodes)
            {
                var image = Image(node);
                using (var file = new FileStream(image, FileMode.Create))
                {
                    file.SetLength(Bytes);
                }

                Directory.CreateDirectory(Mount(node));
                Command.Run("mkfs.ext4", ["-q", "-F", "-m", "0", "-O", "^has_journal", image]);
                Command.Run("mount", ["-o", "loop,noatime", image, Mount(node)]);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Below which each backend has its directory, by its name.</summary>
    public DirectoryInfo Root { get; } = new(Path.Combine(LabNames.RunDirectory, LabNames.Own));

    public static string? Obstacle() =>
        !OperatingSystem.IsLinux() ? "loop devices are Linux's"
        : Environment.UserName != "root" ? "a disk for each backend needs root"
        : !File.Exists("/dev/loop-control") ? "there are no loop devices"
        : new[] { "mkfs.ext4", "mount", "fsfreeze", "fallocate" }.FirstOrDefault(program => !LabNames.IsInstalled(program)) is { } missing
            ? $"the command {missing} is missing: install e2fsprogs and util-linux"
        : null;

    /// <summary>From now on every write waits, until <see cref="Thaw"/>.</summary>
    public void Freeze(string node)
    {
        lock (_lock)
        {
            if (_frozen.Add(node))
            {
                Command.Run("fsfreeze", ["--freeze", Mount(node)]);
            }
        }
    }

    public void Thaw(string node)
    {
        lock (_lock)
        {
            if (_frozen.Remove(node))
            {
                Command.Run("fsfreeze", ["--unfreeze", Mount(node)]);
            }
        }
    }

    /// <summary>Leaves no byte free.</summary>
    public void Fill(string node)
    {
        var path = Path.Combine(Mount(node), Filler);
        var most = new DriveInfo(Mount(node)).AvailableFreeSpace - (1 << 20);
        Command.Run("fallocate", ["-l", most.ToString(CultureInfo.InvariantCulture), path]);
        try
        {
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
            var piece = new byte[4096];
            while (true)
            {
                file.Write(piece);
            }
        }
        catch (IOException)
        {
            // Full, as it should be.
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Free(string node) => File.Delete(Path.Combine(Mount(node), Filler));

    /// <summary>Changes one byte in the middle of what the node has written. Only while it does not run.</summary>
    /// <returns>Where; null where nothing has been written yet.</returns>
    public long? Damage(string node)
    {
        var path = Directory.GetFiles(Mount(node)).MaxBy(file => new FileInfo(file).Length);
        if (path is null || new FileInfo(path).Length < 2)
        {
            return null;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var position = file.Length / 2;
        file.Position = position;
        var was = file.ReadByte();
        file.Position = position;
        file.WriteByte((byte)(was ^ 0x55));
        return position;
    }

    /// <summary>Empties it. Only while its node does not run.</summary>
    public void Clear(string node) => Directory.GetFiles(Mount(node)).ToList().ForEach(File.Delete);

    public void Dispose()
    {
        _nodes.ToList().ForEach(Thaw);
        Remove(Root.FullName);
        _nodes.Select(Image).ToList().ForEach(File.Delete);
    }

    private string Mount(string node) => Path.Combine(Root.FullName, node);

    private string Image(string node) => Path.Combine(_images, node + ".img");

    private static void RemoveOrphans()
    {
        foreach (var directory in LabNames.Orphans(Directory.GetDirectories(LabNames.RunDirectory, $"{LabNames.Prefix}*")))
        {
            Remove(directory);
        }
    }

    private static void Remove(string root)
    {
        foreach (var mount in Directory.Exists(root) ? Directory.GetDirectories(root) : [])
        {
            // Frozen by a campaign that was killed: it could not be unmounted.
            Command.Try("fsfreeze", ["--unfreeze", mount]);
            Command.Try("umount", ["--lazy", mount]);
            if (!Directory.EnumerateFileSystemEntries(mount).Any())
            {
                Directory.Delete(mount);
            }
        }

        if (Directory.Exists(root) && !Directory.EnumerateFileSystemEntries(root).Any())
        {
            Directory.Delete(root);
        }
    }
}
