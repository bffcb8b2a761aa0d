using System.Text;
using Grpc.Core;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Grpc;

/// <summary>A service with one method of each kind, whose messages are texts.</summary>
internal static class Calls
{
    private static readonly Marshaller<string> Text = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    public static readonly Method<string, string> Unary = MethodOf(MethodType.Unary, nameof(CallService.Unary));
    public static readonly Method<string, string> Upload = MethodOf(MethodType.ClientStreaming, nameof(CallService.Upload));
    public static readonly Method<string, string> Feed = MethodOf(MethodType.ServerStreaming, nameof(CallService.Feed));
    public static readonly Method<string, string> Talk = MethodOf(MethodType.DuplexStreaming, nameof(CallService.Talk));

    private static Method<string, string> MethodOf(MethodType type, string name) => new(type, "test.Calls", name, Text, Text);
}

/// <summary>The service as gRPC for ASP.NET Core binds it: the compiler of .proto files would write the same.</summary>
[BindServiceMethod(typeof(CallServiceBase), nameof(Bind))]
internal abstract class CallServiceBase
{
    public static void Bind(ServiceBinderBase binder, CallServiceBase? service)
    {
        binder.AddMethod(Calls.Unary, service is null ? null : new UnaryServerMethod<string, string>(service.Unary));
        binder.AddMethod(Calls.Upload, service is null ? null : new ClientStreamingServerMethod<string, string>(service.Upload));
        binder.AddMethod(Calls.Feed, service is null ? null : new ServerStreamingServerMethod<string, string>(service.Feed));
        binder.AddMethod(Calls.Talk, service is null ? null : new DuplexStreamingServerMethod<string, string>(service.Talk));
    }

    public abstract Task<string> Unary(string request, ServerCallContext context);

    public abstract Task<string> Upload(IAsyncStreamReader<string> requests, ServerCallContext context);

    public abstract Task Feed(string request, IServerStreamWriter<string> answers, ServerCallContext context);

    public abstract Task Talk(IAsyncStreamReader<string> requests, IServerStreamWriter<string> answers, ServerCallContext context);
}

/// <summary>Its code in the app.</summary>
internal sealed class CallService(CallLog log) : CallServiceBase
{
    /// <summary>"wait" waits until the call is over; "fail" fails as an app does; anything else comes back.</summary>
    public override async Task<string> Unary(string request, ServerCallContext context)
    {
        switch (request)
        {
            case "wait":
                await log.WaitForEndAsync(context);
                break;
            case "fail":
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "not so"), new Metadata { { "reason", "because" } });
        }

        return $"{request} {context.RequestHeaders.GetValue("asked")}";
    }

    public override async Task<string> Upload(IAsyncStreamReader<string> requests, ServerCallContext context)
    {
        var all = new StringBuilder();
        while (await requests.MoveNext(context.CancellationToken))
        {
            all.Append(requests.Current);
        }

        return all.ToString();
    }

    /// <summary>Says where it runs, and is silent then.</summary>
    public override async Task Feed(string request, IServerStreamWriter<string> answers, ServerCallContext context)
    {
        await answers.WriteAsync(Browser.NodeOf(context.GetHttpContext()));
        if (request == "short")
        {
            await answers.WriteAsync("end");
            return;
        }

        await log.WaitForEndAsync(context);
    }

    public override async Task Talk(IAsyncStreamReader<string> requests, IServerStreamWriter<string> answers, ServerCallContext context)
    {
        while (await requests.MoveNext(context.CancellationToken))
        {
            await answers.WriteAsync($"re: {requests.Current}");
        }
    }
}

/// <summary>What the service's calls have come to.</summary>
internal sealed class CallLog
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A call that waited was cancelled.</summary>
    public Task Ended => _ended.Task;

    public async Task WaitForEndAsync(ServerCallContext context)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }
}
