using System.IO.Pipelines;

namespace Pomegranate.ClusterTests.Http;

/// <summary>Bodies that do not fit a message.</summary>
internal static class StreamedBody
{
    /// <summary>Far more than a message holds.</summary>
    public const int Many = 20 * 1024 * 1024;

    /// <summary>Bytes that show a shift or a hole.</summary>
    public static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    public static async Task<long> CountAsync(PipeReader body)
    {
        var count = 0L;
        while (true)
        {
            var read = await body.ReadAsync();
            count += read.Buffer.Length;
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return count;
            }
        }
    }
}
