import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The peers' app, on Tomcat: /plain, /counter and /read as the Portal has them. */
public class AppServlet extends HttpServlet {
    private static final String NODE = System.getProperty("node.name", "tomcat");
    private static final String KILOBYTE = "x".repeat(1024);

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        switch (request.getServletPath()) {
            case "/plain" -> send(response, "text/plain", "ok");
            case "/counter" -> {
                HttpSession session = request.getSession(true);
                Integer before = (Integer) session.getAttribute("n");
                int n = before == null ? 1 : before + 1;
                session.setAttribute("n", n);
                send(response, "application/json", "{\"n\":" + n + ",\"node\":\"" + NODE + "\"}");
            }
            case "/read" -> {
                HttpSession session = request.getSession(true);
                String text = (String) session.getAttribute("kb");
                if (text == null) {
                    text = KILOBYTE;
                    session.setAttribute("kb", text);
                }
                send(response, "text/plain", text);
            }
            default -> response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    private static void send(HttpServletResponse response, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        response.setContentType(type);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
