using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Headers that the app sets.</summary>
internal static class ResponseHeaders
{
    public static IEnumerable<Case> All =>
    [
        Get("/changed-headers"),
        Get("/odd-header"),
        Get("/link"),
        Get("/many-headers/10"),
        Get("/many-headers/200"),
        Get("/long-header/10000"),
        Get("/long-header/50000").Http1Only(),
        Get("/set-headers?X-A=1&X-A=2&X-B=a,b"),
        Get("/set-headers?X-Empty="),
        Get("/set-headers?X-Spaces=%20%20a%20%20"),
        Get("/set-headers?X-Tab=a%09b"),
        Get("/set-headers?Server=Orchard"),
        Get("/set-headers?Date=Thu,%2001%20Jan%201970%2000:00:00%20GMT"),
        Get("/set-headers?Date=never"),
        Get("/set-headers?Content-Type=nonsense"),
        Get("/set-headers?Content-Type=text/html&Content-Type=text/plain"),
        Get("/set-headers?Content-Encoding=gzip"),
        Get("/set-headers?Content-Language=de&Content-Location=/x&Content-Disposition=inline&Content-MD5=x"),
        Get("/set-headers?Expires=0&Last-Modified=yesterday&Allow=GET"),
        Get("/set-headers?Expires=-1&Pragma=no-cache&Cache-Control=no-store,no-cache"),
        Get("/set-headers?ETag=unquoted&Accept-Ranges=none&Age=x&Retry-After=soon"),
        Get("/set-headers?Location=%2Fx%20y&Refresh=0"),
        Get("/set-headers?Location=http://other.test/"),
        Get("/set-headers?Content-Security-Policy=default-src%20'self'&Strict-Transport-Security=max-age=1&X-Frame-Options=DENY"),
        Get("/set-headers?Access-Control-Allow-Origin=*&Timing-Allow-Origin=*&Alt-Svc=clear"),
        Get("/set-headers?Via=1.1%20app&Warning=199%20-%20x"),
        Get("/set-headers?Content-Length=3"),
        Get("/set-headers?Content-Range=bytes%200-2/10"),
        Get("/set-headers?Connection=X-Hop&X-Hop=1&X-Stays=2").Http1Only(),
        Get("/set-headers?Connection=keep-alive").Http1Only(),
        Get("/set-headers?Keep-Alive=timeout%3D5").Http1Only(),
        Get("/set-headers?Proxy-Connection=keep-alive").Http1Only(),
        Get("/set-headers?Proxy-Authenticate=Basic"),
        Get("/set-headers?Proxy-Authentication-Info=x"),
        Get("/set-headers?Proxy-Support=x"),
        Get("/set-headers?Upgrade=h2c").Http1Only(),
        Get("/set-headers?Trailer=X-Sum"),
        Get("/set-headers?TE=trailers").Http1Only(),
        Get("/set-headers?Transfer-Encoding=identity").Http1Only(),
        Get("/set-headers?Transfer-Encoding=gzip").Http1Only(),
        Get("/own-chunks").Http1Only(),
        Get("/set-headers?Set-Cookie=a=1&Set-Cookie=b=2"),
        Get("/set-headers?Traceparent=x&Request-Id=y"),
        Get("/set-headers?X-Forwarded-For=x&Forwarded=y&X-Powered-By=z"),
        Get("/set-headers?x_under=1&x.dot=2"),
    ];
}
