using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Pomegranate.Backend.Server;

/// <summary>What every request starts with, read once from the options.</summary>
internal sealed record RequestSettings(
    int InlineResponseBytes,
    TimeSpan SocketGrace,
    long? MaxRequestBodySize,
    bool AllowSynchronousIO,
    Func<string, Encoding?> ResponseHeaderEncoding)
{
    public static RequestSettings From(PomegranateServerOptions own, KestrelServerOptions kestrel) => new(
        own.InlineResponseBytes,
        own.SocketGrace,
        kestrel.Limits.MaxRequestBodySize,
        kestrel.AllowSynchronousIO,
        kestrel.ResponseHeaderEncodingSelector);
}
