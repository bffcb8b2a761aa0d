using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Pomegranate.Backend.Server;

/// <summary>
/// What Kestrel keeps for a connection and we for a request: a client's connection is the frontend's, and its requests may
/// run on several backends.
/// </summary>
internal sealed class ClientConnectionFeature(string connectionId)
    : IConnectionIdFeature, IConnectionItemsFeature, IPersistentStateFeature, IMemoryPoolFeature
{
    private IDictionary<object, object?>? _items;
    private IDictionary<object, object?>? _state;

    public string ConnectionId { get; set; } = connectionId;

    public IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    IDictionary<object, object?> IPersistentStateFeature.State => _state ??= new ConnectionItems();

    MemoryPool<byte> IMemoryPoolFeature.MemoryPool => MemoryPool<byte>.Shared;
}
