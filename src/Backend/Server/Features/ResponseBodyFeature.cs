using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Streaming;

namespace Pomegranate.Backend.Server;

/// <summary>The response's body as a stream, as a pipe and as files.</summary>
internal sealed class ResponseBodyFeature(ResponseExchange response, ResponseBodyWriter writer, ResponseBodyStream stream)
    : IHttpResponseBodyFeature
{
    /// <summary>A frame of a stream: each piece is flushed.</summary>
    private const int FileBufferBytes = StreamFrame.MaxData;

    public Stream Stream => stream;

    public PipeWriter Writer => writer;

    /// <summary>What is flushed from here on leaves at once.</summary>
    public void DisableBuffering() => response.DisableBuffering();

    /// <summary>The head leaves too, as soon as it is known that the rest does not follow in a moment.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return response.FlushHeadAsync().AsTask();
    }

    public Task CompleteAsync() => writer.CompleteAsync().AsTask();

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var length = new FileInfo(path).Length;
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, length);
        if (count is { } wanted)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(wanted, nameof(count));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(wanted, length - offset, nameof(count));
        }

        await using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        file.Seek(offset, SeekOrigin.Begin);
        for (var rest = count ?? length - offset; rest > 0;)
        {
            var memory = writer.GetMemory((int)Math.Min(rest, FileBufferBytes));
            var read = await file.ReadAsync(memory[..(int)Math.Min(rest, memory.Length)], cancellationToken);
            if (read == 0)
            {
                break;
            }

            writer.Advance(read);
            await writer.FlushAsync(cancellationToken);
            rest -= read;
        }
    }
}
