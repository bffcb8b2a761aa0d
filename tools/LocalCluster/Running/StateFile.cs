using System.Text.Json;
using Pomegranate.LocalCluster.Output;
using Pomegranate.LocalCluster.Processes;

namespace Pomegranate.LocalCluster.Running;

/// <summary>
/// The nodes as JSON for other programs: <c>{"nodes":[{"name","role","state","pid","http","management","cluster"}]}</c>.
/// It does not exist before all nodes are ready, is replaced whole at every change, and ends with every node stopped.
/// </summary>
internal sealed class StateFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly Lock _lock = new();
    private readonly string? _path;
    private readonly NodeSet _nodes;
    private bool _open;

    public StateFile(FileInfo? file, NodeSet nodes)
    {
        (_path, _nodes) = (file?.FullName, nodes);

        // Whoever waits for this file must not meet an earlier cluster's.
        if (_path is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            File.Delete(_path);
        }

        nodes.Changed += Update;
    }

    /// <summary>All nodes are ready: writes the file, now and at every change from now on.</summary>
    public void Open()
    {
        _open = true;
        Update();
    }

    private void Update()
    {
        if (_path is null || !_open)
        {
            return;
        }

        lock (_lock)
        {
            try
            {
                // A reader sees the old file or the new one, never half of one.
                var next = _path + ".new";
                File.WriteAllText(next, JsonSerializer.Serialize(new { nodes = _nodes.Nodes.Select(Describe) }, Json));
                File.Move(next, _path, overwrite: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Terminal.Fail($"Cannot write {_path}: {exception.Message}");
            }
        }
    }

    private static object Describe(NodeProcess node) => new
    {
        name = node.Spec.Name,
        role = node.Spec.RoleName,
        state = node.State switch
        {
            NodeState.Running => "running",
            NodeState.Hung => "hung",
            _ => "stopped",
        },
        pid = node.Pid,
        http = node.Spec.Http?.GetLeftPart(UriPartial.Authority),
        management = node.Spec.Management.GetLeftPart(UriPartial.Authority),
        cluster = node.Spec.Address,
    };
}
