using Pomegranate.Frontend.Http;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Pomegranate.Frontend.Mounts;

/// <summary>
/// The transform <c>{ "PathBase": "/shop" }</c>: the app is mounted there, as a servlet container's context. The target
/// stays as the client sent it; the app sees that beginning as its <c>PathBase</c> and the rest as its <c>Path</c>.
/// </summary>
internal sealed class PathBaseTransform : ITransformFactory
{
    public const string Key = "PathBase";

    public static bool Is(IReadOnlyDictionary<string, string> transform) => transform.ContainsKey(Key);

    public bool Validate(TransformRouteValidationContext context, IReadOnlyDictionary<string, string> transformValues)
    {
        if (!transformValues.TryGetValue(Key, out var value))
        {
            return false;
        }

        if (transformValues.Count > 1 || value is not ['/', _, ..] || value.EndsWith('/') || value.AsSpan().ContainsAny("?#%"))
        {
            context.Errors.Add(new ArgumentException($"The transform {Key} is '{value}' but must be one path such as /shop, decoded and without a slash at its end."));
        }

        return true;
    }

    public bool Build(TransformBuilderContext context, IReadOnlyDictionary<string, string> transformValues)
    {
        if (!transformValues.TryGetValue(Key, out var value))
        {
            return false;
        }

        context.AddRequestTransform(transform =>
        {
            transform.ProxyRequest.Options.Set(ClusterHandler.PathBase, value);
            return default;
        });
        return true;
    }
}
