using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Builder.Extensions;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.Options;

namespace Pomegranate.Backend.Hosting;

/// <summary>
/// Stops the start of an app that gives <c>UseSession(options)</c> options of its own: nobody else ever sees these, so frontends
/// could not know the cookie's name, nor sessions their idle time. They would be ignored without a word.
/// </summary>
/// <remarks>
/// A built pipeline is delegates that hold the next one, in middleware and in closures: they are walked through. What is not
/// found this way (an endpoint's own branch) stays as it would be without this check.
/// </remarks>
internal sealed class UseSessionCheck(IOptions<SessionOptions> told) : IStartupFilter
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(pipeline =>
        {
            Check(pipeline);
            return pipeline;
        });
        next(app);
    };

    /// <exception cref="InvalidOperationException">A session middleware in it has options of its own.</exception>
    private void Check(RequestDelegate pipeline)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var ahead = new Stack<object>([pipeline]);
        while (ahead.TryPop(out var step))
        {
            if (!seen.Add(step))
            {
                continue;
            }

            if (step is Delegate link)
            {
                if (link.Target is { } holder)
                {
                    ahead.Push(holder);
                }

                continue;
            }

            foreach (var value in ValuesOf(step))
            {
                if (value is SessionOptions own && step is SessionMiddleware && !ReferenceEquals(own, told.Value))
                {
                    throw new InvalidOperationException(
                        $"The app calls UseSession(options) with options of its own (cookie '{own.Cookie.Name}', idle timeout {own.IdleTimeout}), which the "
                        + "cluster's frontends and its other backends cannot learn. Give them to AddSession(options => ...) and call UseSession().");
                }

                // Branches hang on their middleware's options.
                if (value is Delegate or MapOptions or MapWhenOptions)
                {
                    ahead.Push(value);
                }
                else if (value is not null && IsClosure(value.GetType()))
                {
                    ahead.Push(value);
                }
            }
        }
    }

    private static IEnumerable<object?> ValuesOf(object step)
    {
        for (var type = step.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var field in type.GetFields(Fields | BindingFlags.DeclaredOnly))
            {
                if (!field.FieldType.IsValueType && !field.FieldType.IsPointer)
                {
                    yield return field.GetValue(step);
                }
            }
        }
    }

    private static bool IsClosure(Type type) => type.Name.Contains("<>c", StringComparison.Ordinal);
}
