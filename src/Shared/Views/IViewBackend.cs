namespace Pomegranate.Views;

/// <summary>What a backend does with the views of its own app. Called by <see cref="ViewActor"/>, one call at a time; must not block.</summary>
internal interface IViewBackend
{
    /// <summary>See <see cref="IViewOutput.Install"/>.</summary>
    void Install(View view);

    /// <summary>See <see cref="IViewOutput.Confirm"/>.</summary>
    void Confirm(Akka.Cluster.UniqueAddress backend);

    /// <summary>See <see cref="IViewOutput.Settle"/>.</summary>
    void Settle(View view);

    /// <summary>See <see cref="IViewOutput.Lease"/>.</summary>
    /// <param name="until">A timestamp of the time provider.</param>
    void Lease(long until);
}
