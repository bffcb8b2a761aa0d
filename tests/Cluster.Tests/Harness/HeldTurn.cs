namespace Pomegranate.ClusterTests.Harness;

/// <summary>A request that has its session's turn and keeps it until told.</summary>
internal sealed class HeldTurn : IDisposable
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<Answer> _answer;

    /// <param name="method">GET yields to others after a while; POST does not.</param>
    public HeldTurn(Browser browser, Action<HttpContext> use, HttpMethod? method = null) => _answer = browser.RunAsync(
        async context =>
        {
            await context.Session.LoadAsync();
            use(context);
            _begun.TrySetResult();
            await _end.Task;
        },
        method: method ?? HttpMethod.Post);

    public Task Begun => _begun.Task.For("a request that has its session's turn");

    public Task<Answer> EndAsync()
    {
        _end.TrySetResult();
        return _answer.For("the answer of the request that held the turn");
    }

    public void Dispose() => _end.TrySetResult();
}
