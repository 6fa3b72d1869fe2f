import java.lang.reflect.Constructor;

/** Publishes and reads by a published Java client: PACKAGE URL AGENT ADDRESS PASSWORD ID DOCUMENT THRESHOLD. Both packages have the same classes. */
public class Program {
  public static void main(String[] given) throws Exception {
    String encrypted = (String) worker(given, "PublisherWorker").getClass()
      .getMethod("encryptDocument", String.class, String.class, int.class)
      .invoke(worker(given, "PublisherWorker"), given[5], given[6], Integer.parseInt(given[7]));
    Object consumer = worker(given, "ConsumerWorker");
    System.out.println(consumer.getClass().getMethod("decryptDocument", String.class, String.class).invoke(consumer, given[5], encrypted));
  }

  private static Object worker(String[] given, String name) throws Exception {
    Constructor<?> constructor = Class.forName(given[0] + ".secretstore.auth." + name)
      .getConstructor(String.class, String.class, String.class, String.class);
    return constructor.newInstance(given[1], given[2], given[3], given[4]);
  }
}
