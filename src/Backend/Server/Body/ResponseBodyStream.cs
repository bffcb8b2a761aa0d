namespace Pomegranate.Backend.Server;

/// <summary><c>Response.Body</c>: writes through <see cref="ResponseBodyWriter"/>.</summary>
internal sealed class ResponseBodyStream(ResponseBodyWriter writer, BodyControlFeature control) : Stream
{
    private bool _hasGivenWay;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        control.CheckWrite();
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_hasGivenWay)
        {
            throw new InvalidOperationException("Cannot write to response body after connection has been upgraded.");
        }

        await writer.WriteAsync(buffer, cancellationToken);
    }

    /// <summary>The response is an upgrade: what the app has to say now goes by the upgraded stream.</summary>
    public void GiveWay() => _hasGivenWay = true;

    public override void Flush()
    {
        control.CheckWrite();
        FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => writer.FlushAsync(cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
