using Pomegranate.Frontend.Answers;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Frontend.Http;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Pomegranate.Frontend.Mounts;

/// <summary>YARP's transports: for an app's cluster ours, for any other YARP's own. YARP calls this while it takes a configuration.</summary>
internal sealed class AppClientFactory(MountConfig mounts, AppGateways gateways, ClientFacts facts, DataRates rates, OwnAnswers own, TimeProvider time, ILogger<ForwarderHttpClientFactory> logger)
    : IForwarderHttpClientFactory, IClusterChangeListener
{
    private readonly ForwarderHttpClientFactory _sockets = new(logger);

    public HttpMessageInvoker CreateClient(ForwarderHttpClientContext context)
    {
        var settings = context.NewMetadata?.GetValueOrDefault(MountPlan.SettingsKey);
        var oldSettings = context.OldMetadata?.GetValueOrDefault(MountPlan.SettingsKey);
        if (settings is null)
        {
            return _sockets.CreateClient(oldSettings is null ? context : new() { ClusterId = context.ClusterId, NewConfig = context.NewConfig, NewMetadata = context.NewMetadata });
        }

        if (context.OldClient is { } unchanged && oldSettings == settings)
        {
            return unchanged;
        }

        var options = mounts.Apps[context.ClusterId];
        var gateway = gateways.Mount(context.ClusterId, options);
        return new HttpMessageInvoker(new ClusterHandler(gateway, new EarlierHomeCookie(context.ClusterId), options, facts, rates, own, time), disposeHandler: false);
    }

    public void OnClusterAdded(ClusterState cluster)
    {
        // CreateClient came first.
    }

    public void OnClusterChanged(ClusterState cluster)
    {
        if (!MountPlan.IsApp(cluster.Model.Config))
        {
            gateways.Unmount(cluster.ClusterId);
        }
    }

    public void OnClusterRemoved(ClusterState cluster) => gateways.Unmount(cluster.ClusterId);
}
