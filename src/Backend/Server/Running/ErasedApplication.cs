using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>The host's application with its context type erased, so that what runs requests need not be generic.</summary>
internal abstract class ErasedApplication
{
    public abstract object CreateContext(IFeatureCollection features);

    public abstract Task ProcessRequestAsync(object context);

    public abstract void DisposeContext(object context, Exception? exception);
}

/// <inheritdoc cref="ErasedApplication"/>
internal sealed class ErasedApplication<TContext>(IHttpApplication<TContext> application) : ErasedApplication
    where TContext : notnull
{
    public override object CreateContext(IFeatureCollection features) => application.CreateContext(features);

    public override Task ProcessRequestAsync(object context) => application.ProcessRequestAsync((TContext)context);

    public override void DisposeContext(object context, Exception? exception)
        => application.DisposeContext((TContext)context, exception);
}
