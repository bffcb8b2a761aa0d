using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;
using Yarp.ReverseProxy.Utilities;

namespace Pomegranate.Frontend.Edge;

/// <summary>
/// The header <c>Forwarded</c> (RFC 7239) that the app sees: ours, with what the frontend believes of the client. What a
/// client or a proxy sent of it is replaced; a trusted proxy tells the same facts by <c>X-Forwarded-*</c>.
/// </summary>
internal static class ForwardedHeader
{
    /// <summary>YARP registers this only with its whole configuration system, of which the frontend uses nothing.</summary>
    public static void AddForwardedHeader(this IServiceCollection services) => services.AddSingleton<IRandomFactory, RandomFactory>();

    public static void SetForwardedHeader(this TransformBuilderContext transforms) =>
        transforms.AddForwarded(forFormat: NodeFormat.Ip, byFormat: NodeFormat.None, action: ForwardedTransformActions.Set, removeAllXForwardedHeaders: false);

    /// <summary>Asked for by YARP, though addresses are not made up here.</summary>
    private sealed class RandomFactory : IRandomFactory
    {
        public Random CreateRandomInstance() => Random.Shared;
    }
}
